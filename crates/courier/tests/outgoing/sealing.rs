//! Does the server learn before it serves that it cannot open its secrets?

use crate::bench::on_both_engines;
use courier::seal::{self, SealError};
use courier::{Authorization, Keyring};

on_both_engines! {
    async fn sealed_secrets_need_their_key(bench: Bench) {
        assert_eq!(seal::check(&bench.db, None).await, Ok(()));
        bench.destination("loyalty", Authorization::Verbatim).await;
        assert_eq!(seal::check(&bench.db, None).await, Err(SealError::NoKey("test".into())));
        let other = Keyring::new("other", [1; 32]).unwrap();
        assert_eq!(seal::check(&bench.db, Some(&other)).await, Err(SealError::UnknownKey("test".into())));
        assert_eq!(seal::check(&bench.db, Some(&bench.keyring)).await, Ok(()));
    }
}
