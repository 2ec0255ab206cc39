#!/bin/sh
# Writes the files beside it anew, with the programs that such files come from. All hold the same
# rows; only the names in the last column differ, since not every encoding has all letters.
set -eu
cd "$(dirname "$0")"
python3 - <<'PYTHON'
import codecs, gzip, io, json, tarfile, zipfile

HEADER = "group_id,member_account,unread_num,group_type,name"
WESTERN = ["team,alice,3,Work,Müller", 'team,bob,0,Work,"José, Ana"', "hall,carol,12,Public,Zoë"]
CHINESE = ["team,alice,3,Work,张伟", 'team,bob,0,Work,"王芳, 李娜"', "hall,carol,12,Public,刘洋"]

def write(name, text, encoding="utf-8", mark=b""):
    with open(name, "wb") as file:
        file.write(mark + text.encode(encoding))

def lines(rows, end="\n", delimiter=","):
    text = end.join([HEADER] + rows) + end
    return text if delimiter == "," else text.replace(", ", "\0").replace(",", delimiter).replace("\0", ", ")

western, chinese = lines(WESTERN), lines(CHINESE)
write("plain.csv", western)
write("utf8-bom.csv", lines(WESTERN, "\r\n"), mark=codecs.BOM_UTF8)
write("utf16le-bom.tsv", lines(CHINESE, "\r\n", "\t"), "utf-16-le", codecs.BOM_UTF16_LE)
write("utf16be-bom.csv", chinese, "utf-16-be", codecs.BOM_UTF16_BE)
write("utf16le.csv", chinese, "utf-16-le")
write("utf16be.csv", chinese, "utf-16-be")
write("gb18030.csv", chinese, "gb18030")
write("latin1.csv", western, "latin-1")
write("excel.csv", "sep=;\r\n" + lines(WESTERN, "\r\n", ";"), mark=codecs.BOM_UTF8)
write("cr.csv", lines(WESTERN, "\r"))

keys = HEADER.split(",")
rows = [["team", "alice", 3, "Work", "Müller"], ["team", "bob", 0, "Work", "José, Ana"], ["hall", "carol", 12, "Public", "Zoë"]]
objects = [dict(zip(keys, row)) for row in rows]
write("rows.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects))
write("utf16le-bom.jsonl", "".join(json.dumps(row) + "\n" for row in objects), "utf-16-le", codecs.BOM_UTF16_LE)
write("array.json", json.dumps(objects, indent=4))
write("pretty.json", "\n".join(json.dumps(row, indent=2) for row in objects))
exported = [{"_id": {"$oid": f"65a1b2c3d4e5f6a7b8c9d0e{at}"}, **row, "unread_num": {"$numberLong": str(row["unread_num"])}} for at, row in enumerate(objects)]
write("mongoexport.json", "[" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in exported) + "]\n")

with open("members.csv.gz", "wb") as file:
    for part in [lines(WESTERN[:2]), WESTERN[2] + "\n"]:
        file.write(gzip.compress(part.encode(), mtime=0))
with open("gb18030.csv.gz", "wb") as file:
    file.write(gzip.compress(chinese.encode("gb18030"), mtime=0))

def member(archive, name, text, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    info.compress_type = method
    archive.writestr(info, text)

first, second = lines(WESTERN[:1]), codecs.BOM_UTF16_LE + lines(WESTERN[1:]).encode("utf-16-le")
with zipfile.ZipFile("export.zip", "w") as archive:
    member(archive, "dumps/", b"", zipfile.ZIP_STORED)
    member(archive, "dumps/first.csv", first.encode())
    member(archive, "__MACOSX/dumps/._first.csv", b"\0\5\x16\7", zipfile.ZIP_STORED)
    member(archive, "dumps/.DS_Store", b"\0\0\0\1Bud1", zipfile.ZIP_STORED)
    member(archive, "dumps/second.csv", second, zipfile.ZIP_STORED)
with zipfile.ZipFile("bzip2.zip", "w") as archive:
    member(archive, "rows.csv", western, zipfile.ZIP_BZIP2)
with zipfile.ZipFile("workbook.zip", "w") as archive:
    member(archive, "[Content_Types].xml", b"<Types/>")
    member(archive, "xl/workbook.xml", b"<workbook/>")

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
    for name, data in [("./first.csv", first.encode()), ("./second.csv.gz", gzip.compress(second, mtime=0))]:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    link = tarfile.TarInfo("./latest.csv")
    link.type, link.linkname = tarfile.SYMTYPE, "first.csv"
    archive.addfile(link)
with open("export.tar.gz", "wb") as file:
    file.write(gzip.compress(packed.getvalue(), mtime=0))
PYTHON
gzip --no-name --stdout plain.csv > plain.csv.gz
{ head -n 2 plain.csv | zstd --quiet --stdout; tail -n +3 plain.csv | zstd --quiet --check --stdout; } > frames.csv.zst
rm -f encrypted.zip && TZ=UTC zip --quiet -X -P secret encrypted.zip plain.csv
iconv -f utf-8 -t utf-32 plain.csv > utf32.csv
tar --create --sort=name --owner=0 --group=0 --mtime=2024-01-01 --file=gnu.tar plain.csv
