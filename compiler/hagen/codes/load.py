"""Load: bytes and YAML."""

from hagen.diagnostic import Code

UNREADABLE_SOURCE = Code("HG1000", "unreadable-source", "error", "the topology cannot be read")
NOT_UTF8 = Code("HG1001", "not-utf-8", "error", "the topology is not UTF-8 text")
CONTROL_CHARACTER = Code("HG1002", "control-character", "error", "a character that no artifact can carry")
TOO_LARGE = Code("HG1003", "too-large", "error", "the topology has more bytes or nodes than hagen reads")
TOO_DEEP = Code("HG1004", "too-deep", "error", "the topology is nested too deeply")
EMPTY_DOCUMENT = Code("HG1005", "empty-document", "error", "the topology says nothing")
SEVERAL_DOCUMENTS = Code("HG1006", "several-documents", "error", "one file holds several YAML documents")
ANCHOR_OR_ALIAS = Code(
    "HG1007", "anchor-or-alias", "error", "anchors and aliases are not part of the language"
)
TAG = Code("HG1008", "tag", "error", "tags are not part of the language")
MERGE_KEY = Code("HG1009", "merge-key", "error", "merge keys are not part of the language")
DUPLICATE_KEY = Code("HG1010", "duplicate-key", "error", "a key is written twice in one mapping")
KEY_IS_NOT_TEXT = Code(
    "HG1011", "key-is-not-text", "error", "a key is a list, a mapping, a number or nothing"
)
TAB_INDENTATION = Code("HG1012", "tab-indentation", "error", "a tab stands where YAML wants spaces")
YAML_SYNTAX = Code("HG1013", "yaml-syntax", "error", "the text is not YAML")
AMBIGUOUS_SCALAR = Code(
    "HG1014", "ambiguous-scalar", "error", "YAML 1.1 and YAML 1.2 read this number differently"
)
