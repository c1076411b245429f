//! The one integration binary: every test that goes over HTTP or starts the
//! program.
