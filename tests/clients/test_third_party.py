"""The laid third-party text compiles to the descriptors that it was laid from."""

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from clients.generate.proto_source import proto_source
from clients.generate.protoc import protoc
from clients.generate.third_party import lay
from clients.generate.wheels import third_party

OURS_TO_LAY = sorted(file.name for file in third_party().file if not file.name.startswith("google/protobuf/"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileDescriptorProto]:
    folder = tmp_path_factory.mktemp("third_party")
    lay(folder)
    return compile_text(folder, *OURS_TO_LAY)


def compile_text(folder: Path, *names: str) -> dict[str, FileDescriptorProto]:
    protoc(f"--proto_path={folder}", f"--descriptor_set_out={folder / 'image'}", *names)
    return {file.name: file for file in FileDescriptorSet.FromString((folder / "image").read_bytes()).file}


@pytest.mark.parametrize("name", OURS_TO_LAY)
def test_laid_text_compiles_to_the_wheels_descriptor(name: str, compiled: dict[str, FileDescriptorProto]) -> None:
    (described,) = (file for file in third_party().file if file.name == name)
    assert without_json_names(compiled[name]) == without_json_names(described)


def without_json_names(file: FileDescriptorProto) -> FileDescriptorProto:
    """The file without what protoc adds to every field and the wheels' descriptors leave out."""
    messages = list(file.message_type)
    for message in messages:
        messages += message.nested_type
    for field in [*file.extension, *(field for message in messages for field in message.field)]:
        field.ClearField("json_name")
    return file


def test_a_printed_file_compiles_to_its_descriptor(tmp_path: Path) -> None:
    """What the validation rules do not use is printed too: nesting, oneof options, open and closed ranges."""
    (tmp_path / "first.proto").write_text('''
        syntax = "proto2";
        package sample;
        import "google/protobuf/descriptor.proto";
        option java_package = "quoted \\"\\\\ \\n";
        extend google.protobuf.OneofOptions { repeated string words = 50000; }
        extend google.protobuf.FieldOptions { optional Outer outer = 50000; }
        extend google.protobuf.MessageOptions { optional Outer.Kind kind = 50000; }
        message Outer {
          option (kind) = SECOND;
          option deprecated = true;
          reserved 1, 5 to 7, 1000 to max;
          reserved "old", "older";
          extensions 100 to 199;
          enum Kind {
            option allow_alias = true;
            reserved -3 to -1, 9;
            FIRST = 0;
            ALIAS = 0 [deprecated = true];
            SECOND = 1;
          }
          message Inner { required bytes raw = 1; repeated sint64 numbers = 2 [packed = true]; }
          optional Inner inner = 2 [(outer) = { inner { raw: "\\001\\"" numbers: -1 } kinds: [FIRST, SECOND] }];
          oneof choice { option (words) = "a"; option (words) = "b\\n"; string text = 3; Inner other = 4; }
          repeated Kind kinds = 8;
        }
        extend Outer { optional double more = 100; }
    ''')  # fmt: skip
    first = compile_text(tmp_path, "first.proto")["first.proto"]
    needed = third_party()
    needed.file.append(first)
    printed = tmp_path / "printed"
    printed.mkdir()
    (printed / "first.proto").write_text(proto_source("first.proto", needed))
    assert compile_text(printed, "first.proto")["first.proto"] == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('syntax = "proto3"; message A {}', "a.proto: only proto2 is printed, not proto3"),
        ("message A { map<string, string> b = 1; }", "BEntry: maps are not printed"),
        ('message A { optional string b = 1 [default = "c"]; }', "b: groups and default values are not printed"),
        ("message A { optional group B = 1 {} }", "b: groups and default values are not printed"),
    ],
)
def test_what_cannot_be_printed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.proto").write_text(text if "syntax" in text else 'syntax = "proto2"; ' + text)
    files = FileDescriptorSet(file=[*third_party().file, compile_text(tmp_path, "a.proto")["a.proto"]])
    with pytest.raises(ValueError, match=f"^{message}$"):
        proto_source("a.proto", files)
