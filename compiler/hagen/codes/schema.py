"""Schema: the shape of a topology."""

from hagen.diagnostic import Code

UNKNOWN_KEY = Code("HG2001", "unknown-key", "error", "a key that the language does not have")
MISSING_KEY = Code("HG2002", "missing-key", "error", "a key that must be there is not")
WRONG_TYPE = Code("HG2003", "wrong-type", "error", "a value of the wrong type")
SCHEMA_VIOLATION = Code("HG2004", "schema-violation", "error", "a value that the schema does not allow")
UNKNOWN_VALUE = Code("HG2005", "unknown-value", "error", "a word that is not one of those allowed here")
BAD_FORM = Code("HG2006", "bad-form", "error", "a text that does not have the form wanted here")
OUT_OF_RANGE = Code("HG2007", "out-of-range", "error", "a number, length or count outside its range")
BAD_NAME = Code("HG2008", "bad-name", "error", "a name that cannot be used as one")
SECRET_AS_TEXT = Code("HG2009", "secret-as-text", "error", "a secret written into the topology")
