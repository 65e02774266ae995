//! Does a cluster start, survive being killed, and leave nothing behind?

use cluster::{Cluster, Durability};

#[test]
fn a_database_is_made_copied_and_dropped() {
    let cluster = Cluster::shared().unwrap();
    let url = cluster.create_database().unwrap();
    cluster.run_sql(&url, "CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (7)").unwrap();
    let copy = cluster.create_from_template(&url).unwrap();
    assert_ne!(url, copy);
    cluster.run_sql(&copy, "SELECT 1 / (SELECT COUNT(*) FROM t WHERE id = 7)").unwrap();
    cluster.drop_database(&copy).unwrap();
    assert!(cluster.run_sql(&copy, "SELECT 1").unwrap_err().to_string().contains("does not exist"));
    assert!(cluster.drop_database("postgres://elsewhere/x").is_err());
}

#[test]
fn a_killed_server_comes_back_with_its_data_and_a_dropped_one_leaves_no_folder() {
    let cluster = Cluster::start(Durability::Full).unwrap();
    let url = cluster.create_database().unwrap();
    cluster.run_sql(&url, "CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (7)").unwrap();
    cluster.kill_hard().unwrap();
    assert!(cluster.run_sql(&url, "SELECT 1").is_err());
    cluster.start_again().unwrap();
    cluster.run_sql(&url, "SELECT 1 / (SELECT COUNT(*) FROM t WHERE id = 7)").unwrap();
    cluster.stop().unwrap();
    assert!(cluster.run_sql(&url, "SELECT 1").is_err());
    cluster.start_again().unwrap();
    let folder = cluster.folder().to_owned();
    assert!(folder.is_dir());
    drop(cluster);
    assert!(!folder.exists());
}
