//! Referral codes (AGI ATM 3.4): every account has one, made from its id, so
//! that there is nothing to hand out, to store or to run out of.
//!
//! **Invariant:** a code names one account for ever, and every account's code
//! can be read again however a person types it.

use uuid::Uuid;

use crate::id::AccountId;

/// Crockford's digits: no I, L, O, U, which are mistaken for others.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Five bits each for the 128 bits of an id.
const LENGTH: usize = 26;

/// The code of an account: 26 digits, upper case.
pub fn code(account: AccountId) -> String {
    digits(account.0)
}

/// 128 bits in digits that are easily read out.
pub fn digits(bits: Uuid) -> String {
    let mut rest = bits.as_u128();
    let mut reversed = [b'0'; LENGTH];
    for place in &mut reversed {
        let digit = usize::try_from(rest & 31).unwrap_or(0);
        *place = DIGITS[digit];
        rest >>= 5;
    }
    reversed.iter().rev().map(|b| char::from(*b)).collect()
}

/// Reads a code in any letter case, with O for 0 and I or L for 1; `None` when
/// it is none.
pub fn read(code: &str) -> Option<AccountId> {
    let code = code.trim();
    if code.len() != LENGTH {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, typed) in code.bytes().enumerate() {
        let digit = value(typed)?;
        // 26 digits have two bits more than an id.
        if place == 0 && digit > 7 {
            return None;
        }
        bits = (bits << 5) | u128::from(digit);
    }
    Some(AccountId(Uuid::from_u128(bits)))
}

fn value(typed: u8) -> Option<u8> {
    let meant = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let place = DIGITS.iter().position(|digit| *digit == meant)?;
    u8::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::{code, read};
    use crate::id::AccountId;
    use uuid::Uuid;

    #[test]
    fn a_code_is_read_again_however_it_is_typed() {
        for bits in [0, 1, u128::MAX, 0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc] {
            let account = AccountId(Uuid::from_u128(bits));
            let code = code(account);
            assert_eq!(code.len(), 26);
            assert_eq!(read(&code), Some(account));
            let typed = code.to_lowercase().replace('0', "o").replace('1', "l");
            assert_eq!(read(&format!(" {typed} ")), Some(account), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_names_nobody() {
        let long = "8".repeat(26);
        for bad in ["", "ABC", "UUUUUUUUUUUUUUUUUUUUUUUUUU", &long, "\u{e4}"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
