//! The secrets that sign: the database does not hold them in clear.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Time;
use domain::id::{AccountId, WebhookId};
use domain::webhook::{SigningSecret, Wanted};
use serde_json::json;
use server::Clock;
use store::tables::webhooks::{self, Kept, Webhook};
use store::{Location, Store};
use testkit::engine::{Engine, Scratch};
use testkit::server::Server;
use uuid::Uuid;

use super::delivery::assert_signed;
use super::world::{WEBHOOKS, World, allowed, approved};
use crate::program::{dump, eventually};

const OWN: &str = "my-own-secret-8f2c";
const OLD: WebhookId = WebhookId(Uuid::from_u128(77));

/// Runs something on the database beside the server.
fn beside<T>(scratch: &Scratch, work: impl AsyncFnOnce(&Store) -> T) -> T {
    let location = Location::parse(scratch.url()).expect("a location");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&location).await.expect("the store opens");
        let done = work(&store).await;
        store.close().await;
        done
    })
}

/// A webhook as an earlier version stored it.
fn store_in_clear(scratch: &Scratch, account: &str, url: &str) {
    let webhook = Webhook {
        id: OLD,
        account: AccountId::parse(account).expect("an id"),
        url: url.to_owned(),
        wanted: Wanted::parse(&["*".to_owned()]).expect("names"),
        secret: Kept::Clear(SigningSecret(OWN.into())),
        is_active: true,
        failures: 0,
        pending: 0,
        disabled_at: None,
        created_at: Time(0),
    };
    beside(scratch, async |store| {
        let written = store.write(move |tx| {
            let webhook = webhook.clone();
            Box::pin(async move { webhooks::insert(tx, &webhook).await })
        });
        written.await.expect("written");
    });
}

fn kept(scratch: &Scratch) -> Kept {
    beside(scratch, async |store| {
        let found = store.read(|tx| Box::pin(async move { webhooks::find(tx, OLD).await }));
        found.await.expect("read").expect("it is there").secret
    })
}

testkit::on_both_engines! {
    fn no_secret_is_in_the_database(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let made = world.hook(&ada.client, "/made", &["*"]);
        let body = json!({ "url": world.receiver.url("/own"), "events": ["*"], "secret": OWN });
        let request = ada.client.post(WEBHOOKS).header("Idempotency-Key", "once");
        request.json(body).send().expect_status(201);
        world.happen(&[approved(&ada.id, 1)]);
        let _ = world.receiver.wait_for(2);
        eventually("it is written down", || made.log()[0]["status"] == "delivered");
        let dump = dump(&world.server);
        assert!(dump.contains(&world.receiver.url("/made")), "the dump holds what there is");
        for secret in [OWN, &made.secret, made.secret.trim_start_matches("whsec_")] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!dump.contains(secret) && !dump.contains(&hex), "{secret} is in the database");
        }
    }

    fn a_secret_from_before_signs_and_is_sealed(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let scratch = world.server.scratch();
        store_in_clear(&scratch, &ada.id, &world.receiver.url("/old"));
        assert_eq!(kept(&scratch), Kept::Clear(SigningSecret(OWN.into())));
        world.happen(&[approved(&ada.id, 1)]);
        assert_signed(&world.receiver.wait_for(1)[0], OWN, OWN.as_bytes());
        eventually("it is sealed", || matches!(kept(&scratch), Kept::Sealed(_)));
        world.happen(&[approved(&ada.id, 2)]);
        assert_signed(&world.receiver.wait_for(2)[1], OWN, OWN.as_bytes());
    }

    fn without_its_key_nothing_is_sent_and_nothing_is_lost(engine: Engine) {
        let world = World::new(engine);
        let ada = world.server.register("ada");
        let hook = world.hook(&ada.client, "/", &["*"]);
        let World { server, receiver, clock } = world;
        let scratch = server.scratch();
        drop(server);
        super::world::write(&scratch, &clock, &[approved(&ada.id, 1)]);
        let other = scratch.folder().join("other-key");
        std::fs::write(&other, "ab".repeat(32)).expect("a key");
        let start = |change: &dyn Fn(&mut server::Settings)| {
            Server::start_at(Arc::clone(&scratch), Clock::system(), |settings| {
                allowed(settings);
                change(settings);
            })
        };
        let server = start(&|settings| settings.vault.key_file = Some(other.clone()));
        let deliveries = format!("{}/deliveries", hook.path());
        let log = |server: &Server| {
            let ada = server.client().with_key(&ada.key);
            ada.get(&deliveries).ok()["data"].clone()
        };
        eventually("it waits", || log(&server)[0]["status"] == "pending");
        drop(server);
        assert_eq!(receiver.received().len(), 0);
        clock.advance(domain::time::Span::seconds(60));
        let server = Server::start_at(Arc::clone(&scratch), clock.clone(), allowed);
        let key = STANDARD.decode(hook.secret.trim_start_matches("whsec_")).expect("base64");
        assert_signed(&receiver.wait_for(1)[0], &hook.secret, &key);
        eventually("it is written down", || log(&server)[0]["status"] == "delivered");
        assert_eq!(log(&server)[0]["attempts"], 1);
    }
}
