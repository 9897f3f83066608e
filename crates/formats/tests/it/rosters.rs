//! Rosters that must be refused, with the line and what to do.

use tellmark_formats::{Error, read_roster};

#[test]
fn faults_are_named() {
    let long_id = format!("id\n{}\n", "x".repeat(300)).into_bytes();
    let long_name = format!("id,name\nr1,{}\n", "x".repeat(501)).into_bytes();
    let many_columns = format!("id{}\nr1\n", ",x".repeat(100_000)).into_bytes();
    for (bytes, why) in [
        (&b""[..], "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"r1\nr2\n", "column `id`"),
        (b"name,email\nAda,a@b.example\n", "column `id`"),
        (b"id\nR1\nr2\nr1\n", "line 4"),
        (b"id\nr1\nr1\n", "line 3"),
        (b"id\n../x\n", "line 2"),
        (b"id\n/x\n", "line 2"),
        (b"id\nx/y\n", "line 2"),
        (b"id\n..\n", "line 2"),
        (b"id\ncon\n", "line 2"),
        (b"id\n-x y\n", "line 2"),
        (b"id\nr\x001\n", "line 2"),
        (b"id\nr\x1b[2J\n", "line 2"),
        (b"id,name\nr1,A\x07da\n", "control"),
        (b"id,group\nr1,\"two\nlines\"\n", "control"),
        (b"id\n\xe2\x80\xaer1\n", "line 2"),
        (b"id,name\nr1,Andr\xe9\n", "UTF-8"),
        (b"\xff\xfei\0d\0", "UTF-16"),
        (b"id,name\nr1,Orr, Ada\n", "more fields"),
        (b"id,name\nr1,\"Ada\nr2,Bo\n", "never closes"),
        (b"\0\0\0\0", "column `id`"),
        (&long_id, "300"),
        (&long_name, "more than 500"),
        (b"id;name\nr1;Ada\nR1;Bo\n", "line 3"),
    ] {
        let error = read_roster(bytes).unwrap_err().to_string();
        assert!(error.contains(why), "{:?}: {error}", String::from_utf8_lossy(bytes));
        assert!(error.len() < 600, "{error}");
    }
    assert!(read_roster(&many_columns).is_ok());
    let huge = vec![b'a'; (256 << 20) + 1];
    assert!(matches!(read_roster(&huge), Err(Error::Limit { .. })));
}
