//! What does an operator see, and does the server start and stop in order?

use flate2::read::GzDecoder;
use http::Method;
use outside::Outside;
use stamgast::app::App;
use std::io::Read as _;
use testkit::{House, TestApp, TestDatabase, test_config};
use tokio::net::TcpListener;

fn reqwest_of(app: &TestApp, path: &str) -> reqwest::RequestBuilder {
    stamgast::client::builder().unwrap().build().unwrap().get(format!("{}{path}", app.url()))
}

testkit::on_both_engines! {
    /// A browser shows our name, keeps the files of the page, and the description tells it how to sign in.
    async fn the_page_of_the_api_can_call_it(engine: Engine) {
        let app = TestApp::start(engine).await;
        let page = app.anyone.send(Method::GET, "/docs/", None).await.unwrap();
        assert!(page.text.contains("<title>Štamgast API</title>"), "{}", page.text);
        let script = app.anyone.send(Method::GET, "/docs/swagger-initializer.js", None).await.unwrap();
        assert!(script.text.contains("BaseLayout") && script.text.contains("persistAuthorization"), "{}", script.text);
        // its texts are long: who reads gzip gets them packed, and all may keep them for a while
        for path in ["/docs/", "/docs/swagger-ui-bundle.js", "/openapi.json"] {
            let plain = app.anyone.send(Method::GET, path, None).await.unwrap();
            assert_eq!(plain.headers.get("content-encoding"), None, "{path}");
            let answer = reqwest_of(&app, path).header("accept-encoding", "br, gzip").send().await.unwrap();
            assert_eq!(answer.headers()["content-encoding"], "gzip", "{path}");
            for headers in [answer.headers(), &plain.headers] {
                assert!(headers["cache-control"].to_str().unwrap().contains("max-age="), "{path}");
                assert_eq!(headers["vary"], "accept-encoding", "{path}");
            }
            let packed = answer.bytes().await.unwrap();
            assert!(packed.len() * 2 < plain.text.len(), "{path}: {} of {}", packed.len(), plain.text.len());
            let mut unpacked = String::new();
            GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
            assert!(unpacked == plain.text, "{path} is another text when it is packed");
        }
        let description = app.anyone.send(Method::GET, "/openapi.json", None).await.unwrap().json;
        assert_eq!(description["components"]["securitySchemes"]["register"]["scheme"], "bearer");
        assert_eq!(description["paths"]["/bills/{sourceId}"]["get"]["security"], serde_json::json!([{"application": []}]));
    }

    async fn health_metrics_and_description(engine: Engine) {
        let app = TestApp::start(engine).await;
        for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/"] {
            let answer = app.anyone.send(Method::GET, path, None).await.unwrap();
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        let description = app.anyone.get("/openapi.json").await.unwrap();
        for path in ["/partner/loyalty/getBenefitOffer", "/bills/{sourceId}", "/api/v1/customers"] {
            assert!(description["paths"][path].is_object(), "{path} is not described");
        }
        let metrics = app.anyone.send(Method::GET, "/metrics", None).await.unwrap().text;
        assert!(metrics.contains("http_requests_total"), "{metrics}");
        let unknown = app.anyone.send(Method::GET, "/no/such/path", None).await.unwrap();
        assert_eq!((unknown.status, &unknown.json["httpStatus"]), (404, &serde_json::json!(404)));
    }

    async fn the_root_says_which_program_this_is(engine: Engine) {
        let app = TestApp::start(engine).await;
        let root = app.anyone.get("/").await.unwrap();
        assert_eq!((root["name"].as_str(), root["role"].as_str()), (Some("stamgast"), Some("all")));
        for (what, path) in root["links"].as_object().unwrap() {
            let answer = app.anyone.send(Method::GET, path.as_str().unwrap(), None).await.unwrap();
            assert_eq!(answer.status, 200, "{what}: {}", answer.text);
        }
        let browser = stamgast::client::builder().unwrap().build().unwrap();
        let page = browser.get(app.url()).header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(page.text().await.unwrap().contains("href=\"/docs/\""));
    }

    async fn whoever_mistypes_is_told_what_may_be_meant(engine: Engine) {
        let app = TestApp::start(engine).await;
        // method, path, status, part of the message
        for (method, path, status, part) in [
            (Method::GET, "/admin/v1/partner/merchants", 404, "/admin/v1/partner/merchants/{merchantId}, which takes"),
            (Method::GET, "/bils/1-2", 404, "did you mean /bills/{sourceId}"),
            (Method::POST, "/partner/loyalty/getBenefitOffers", 404, "did you mean /partner/loyalty/getBenefitOffer,"),
            (Method::GET, "/partner/loyalty/getBenefitOffer", 405, "GET is not known at /partner/loyalty/getBenefitOffer; it takes POST"),
            (Method::DELETE, "/healthz", 405, "it takes GET"),
        ] {
            let answer = app.anyone.send(method, path, None).await.unwrap();
            let message = answer.json["message"].as_str().unwrap();
            assert!(answer.status == status && message.contains(part), "{path}: {}", answer.text);
        }
    }

    async fn a_database_that_stands_still_is_not_ready(engine: Engine) {
        let app = TestApp::start(engine).await;
        let lanes = stamgast::config::Config::default().lanes.read;
        let holding: Vec<_> = (0..lanes)
            .map(|_| {
                let db = app.app.db().clone();
                tokio::spawn(async move {
                    let held = db.read("hold_a_lane", |_| {
                        std::thread::sleep(std::time::Duration::from_secs(4));
                        Ok::<_, db::TxError<db::Never>>(())
                    });
                    held.await.unwrap();
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let started = std::time::Instant::now();
        let answer = app.anyone.send(Method::GET, "/readyz", None).await.unwrap();
        assert!(answer.status == 503 && answer.text.contains("does not answer in time"), "{}", answer.text);
        assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
        for held in holding {
            held.await.unwrap();
        }
        assert_eq!(app.anyone.send(Method::GET, "/readyz", None).await.unwrap().status, 200);
    }

    /// The order of the groups is that of the documents, ours last, and each says what it is for.
    async fn the_groups_of_the_page_stand_in_the_order_of_the_documents(engine: Engine) {
        let app = TestApp::start(engine).await;
        let description = app.anyone.get("/openapi.json").await.unwrap();
        let tags = description["tags"].as_array().unwrap();
        let names: Vec<&str> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
        let expected = ["Access", "Merchants", "Bills", "Deskview", "Loyalty", "Loyalty partner", "DataSync receiver",
            "Customers feed", "Till", "Platform set-up", "Partner set-up", "Server"];
        let known: Vec<&str> = names.iter().copied().filter(|name| expected.contains(name)).collect();
        assert_eq!(known, expected, "{names:?}");
        assert!(tags.iter().all(|tag| tag["description"].as_str().unwrap().len() > 10), "{tags:?}");
    }

    async fn without_the_key_that_sealed_its_secrets_it_does_not_start(engine: Engine) {
        let house = House::start(engine).await;
        let database = house.app.stop().await;
        let start = async |key: &str| {
            let mut config = test_config(database.url());
            key.clone_into(&mut config.secret.key);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            App::start(config, Outside::system(), listener).await
        };
        let refused = start(&format!("other:{}", "01".repeat(32))).await.unwrap_err();
        assert!(format!("{refused:#}").contains("\"test\""), "{refused:#}");
        start(testkit::KEY).await.unwrap().shutdown().await.unwrap();
    }

    async fn with_no_migrate_it_refuses_a_database_that_is_behind(engine: Engine) {
        let database = TestDatabase::empty(engine).await;
        if let Some(path) = database.url().strip_prefix("sqlite:") {
            // an empty file is an empty database; a missing one is refused for that
            std::fs::File::create(path).unwrap();
        }
        let mut config = test_config(database.url());
        config.migrate = false;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = App::start(config, Outside::system(), listener).await.unwrap_err();
        let text = format!("{refused:#}");
        assert!(text.contains("partner/0001_start") && text.contains("stamgast migrate"), "{text}");
    }

    async fn what_was_accepted_is_finished(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.partner();
        let requests: Vec<_> = (0..20)
            .map(|number| {
                let partner = partner.clone();
                tokio::spawn(async move {
                    let body = crate::partner::offer_of(number, "100.00", testkit::restaurant::PROMO);
                    partner.send(Method::POST, "/partner/loyalty/getBenefitOffer", Some(body.to_string().into_bytes())).await
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let _database = house.app.stop().await;
        for request in requests {
            // refused at the door or answered in full, never half
            if let Ok(answer) = request.await.unwrap() {
                assert!(answer.status == 200 || answer.status == 503, "{} {}", answer.status, answer.text);
            }
        }
    }
}

/// A database that is taken away: who asks is told so in time, and everybody else gets 503, not 500.
#[test]
fn a_database_that_is_gone_is_not_ready() {
    testkit::run(testkit::Engine::Postgres, async |engine| {
        let house = House::start(engine).await;
        let (app, register) = (&house.app, house.register(1));
        assert_eq!(app.anyone.send(Method::GET, "/readyz", None).await.unwrap().status, 200);
        let url = app.database.url().to_owned();
        let gone =
            tokio::task::spawn_blocking(move || cluster::Cluster::shared().unwrap().drop_database(&url));
        gone.await.unwrap().unwrap();
        // the lanes may notice one after the other
        for _ in 0..3 {
            let started = std::time::Instant::now();
            let answer = app.anyone.send(Method::GET, "/readyz", None).await.unwrap();
            assert!(
                answer.status == 503 && answer.text.contains("the database"),
                "{} {}",
                answer.status,
                answer.text
            );
            assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
            assert_eq!(app.anyone.send(Method::GET, "/healthz", None).await.unwrap().status, 200);
            let answer = register.send(Method::POST, &house.checks(), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!(answer.status, 503, "{}", answer.text);
            assert!(answer.headers.contains_key("retry-after"));
        }
    });
}
