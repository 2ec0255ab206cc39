use proptest::prelude::*;

use super::*;

fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    if encoding == UTF_16BE {
        return text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    }
    let (bytes, _, lost) = encoding.encode(text);
    assert!(!lost, "{text} in {}", encoding.name());
    bytes.into_owned()
}

fn guessed(head: &[u8]) -> &'static str {
    sniff(head, true, None).encoding.name()
}

/// Hands out a stream in pieces of the sizes given, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().unwrap().min(buffer.len());
        self.bytes.read(&mut buffer[..size])
    }
}

fn decoded(bytes: &[u8], encoding: Encoding, sizes: Vec<usize>) -> (Vec<u8>, u64) {
    let sizes = sizes.into_iter().cycle();
    let mut decoding = Decoding::new(Pieces { bytes, sizes }, encoding);
    let mut text = Vec::new();
    decoding.read_to_end(&mut text).unwrap();
    (text, decoding.malformed())
}

#[test]
fn encodings_are_told_from_what_exports_begin_with() {
    let chinese = "群组ID,用户,未读数\nteam,alice,3\n";
    let names = "group_id,user,name,count\ng,a,\"Müller\",1\ng,b,José,2\ng,c,Zoë,3\ng,d,Ana,4\n";
    let chinese_names = "group,user,name,count\ng,a,张伟,1\ng,b,王芳,2\ng,c,李娜,3\ng,d,刘洋,4\n";
    let japanese = "group,user,name,count\ng,a,田中さん,1\ng,b,ひらがな,2\ng,c,カタカナ,3\n";
    let german = "Gruppe;Benutzer;Zähler\nteam;anna;3\n";
    let french = "groupe,utilisateur,non lus,créé\nteam,anna,3,été\n";
    let russian = "группа;пользователь;непрочитано\nteam;anna;3\n";
    let korean = "그룹,사용자,안읽음\nteam,anna,3\n";
    let traditional = "群組,使用者,未讀數\nteam,anna,3\n";
    for (text, encoding, expected) in [
        (german, encoding_rs::WINDOWS_1252, "Windows-1252"),
        (french, encoding_rs::WINDOWS_1252, "Windows-1252"),
        (russian, encoding_rs::WINDOWS_1251, "windows-1251"),
        (korean, encoding_rs::EUC_KR, "EUC-KR"),
        (traditional, encoding_rs::BIG5, "Big5"),
        (chinese, UTF_8, "UTF-8"),
        (chinese, GB18030, "GB18030"),
        (chinese_names, GB18030, "GB18030"),
        (names, UTF_8, "UTF-8"),
        (names, encoding_rs::WINDOWS_1252, "Windows-1252"),
        (japanese, encoding_rs::SHIFT_JIS, "Shift_JIS"),
        (chinese_names, UTF_16LE, "UTF-16LE"),
        (chinese_names, UTF_16BE, "UTF-16BE"),
        ("[{\"a\":1}]", UTF_16LE, "UTF-16LE"),
        ("a;b", UTF_8, "UTF-8"),
        ("", UTF_8, "UTF-8"),
    ] {
        assert_eq!(guessed(&encoded(text, encoding)), expected, "{text}");
    }
}

#[test]
fn bad_bytes_in_utf_8_do_not_make_it_another_encoding() {
    for head in [
        // One bad byte, in otherwise plain text.
        &b"group,user,count\ng,a\xff,1\ng,b,2\n"[..],
        // Two bad rows.
        b"group,user,count\ng,a\xe9,1\ng,b\xe9\xe9\xe9\xe9,2\n",
        // Bad places, and others that are good.
        b"group,name,count\ng,\xe9,1\ng,\xe9,2\ng,\xe9,3\ng,\xc3\xa9,4\ng,\xc3\xa9,5\n",
        // One cell full of them.
        b"group,name,count\ng,\xe9\xe9\xe9\xe9 \xe9\xe9 \xe9,1\n",
        b"{\"g\":\"\xff\"}\n{}\n",
    ] {
        assert_eq!(guessed(head), "UTF-8", "{head:?}");
    }
    let cut = &"group,user,count\ng,é".as_bytes()[..20];
    assert!(std::str::from_utf8(cut).is_err());
    assert_eq!(sniff(cut, false, None).encoding, Encoding::UTF_8);
}

#[test]
fn a_mark_goes_before_the_user_and_the_user_before_the_look() {
    let latin = Encoding::parse("latin1");
    let sniffed = sniff(b"\xff\xfeg\0", true, latin);
    assert_eq!(sniffed.encoding.name(), "UTF-16LE");
    assert_eq!((sniffed.known, sniffed.mark), (Known::Mark, 2));
    let sniffed = sniff(b"g\0r\0o\0u\0p\0", true, latin);
    assert_eq!(sniffed.encoding.name(), "Windows-1252");
    assert_eq!((sniffed.known, sniffed.mark), (Known::Named, 0));
    let marked = sniff(b"\xef\xbb\xbfgroup", true, latin);
    assert_eq!((marked.encoding, marked.mark), (Encoding::UTF_8, 0));
}

#[test]
fn encodings_have_their_usual_names_and_aliases() {
    for (name, expected) in [
        ("utf-8", Some("UTF-8")),
        ("GBK", Some("GB18030")),
        ("gb2312", Some("GB18030")),
        ("latin1", Some("Windows-1252")),
        ("ISO-8859-1", Some("Windows-1252")),
        ("utf-16", Some("UTF-16LE")),
        ("big5", Some("Big5")),
        ("hz-gb-2312", None),
        ("utf-7", None),
        ("", None),
    ] {
        assert_eq!(
            Encoding::parse(name).map(Encoding::name),
            expected,
            "{name}"
        );
    }
}

#[test]
fn what_means_nothing_in_the_encoding_stays_bad_and_is_counted() {
    let utf_16 = Encoding(UTF_16LE);
    // Half of a surrogate pair, and half a letter at the end.
    let bytes = b"a\0\x00\xd8b\0c";
    assert_eq!(decoded(bytes, utf_16, vec![3]), (b"a\xffb\xff".to_vec(), 2));
    let (text, malformed) = decoded(b"\xff,\xd5\xc5", Encoding(GB18030), vec![1]);
    assert_eq!((text.as_slice(), malformed), (&b"\xff,\xe5\xbc\xa0"[..], 1));
}

proptest! {
    #[test]
    fn text_decodes_to_itself_whatever_pieces_it_comes_in(
        text in "([ -~]|[é-ÿ]|[一-龥]|\u{1f600}|\n){0,200}",
        sizes in prop::collection::vec(1_usize..9, 1..5),
    ) {
        for encoding in [UTF_16LE, UTF_16BE, GB18030] {
            let bytes = encoded(&text, encoding);
            let found = decoded(&bytes, Encoding(encoding), sizes.clone());
            prop_assert_eq!(found, (text.clone().into_bytes(), 0));
        }
    }

    #[test]
    fn any_bytes_decode_alike_at_once_and_in_pieces(
        bytes: Vec<u8>, sizes in prop::collection::vec(1_usize..9, 1..5)
    ) {
        for encoding in [UTF_16LE, GB18030, encoding_rs::SHIFT_JIS, encoding_rs::WINDOWS_1252] {
            let whole = decoded(&bytes, Encoding(encoding), vec![bytes.len() + 1]);
            prop_assert_eq!(decoded(&bytes, Encoding(encoding), sizes.clone()), whole);
        }
    }

    #[test]
    fn sniffing_takes_any_bytes(head: Vec<u8>, whole: bool) {
        let sniffed = sniff(&head, whole, None);
        prop_assert!(sniffed.mark <= head.len() as u64);
        if std::str::from_utf8(&head).is_ok() && !head.contains(&0) {
            prop_assert_eq!(sniffed.encoding, Encoding::UTF_8);
        }
    }
}
