package dev.filigree.format;

/** Every reason for which a file is refused. */
public enum Refusal {
    /** The file does not exist, or may not be opened or read. */
    UNREADABLE,
    /** It is a directory, a pipe or a device. */
    NOT_A_FILE,
    /** It has no bytes. */
    EMPTY,
    /** It does not start with the ten bytes of a Filigree file. */
    NOT_FILIGREE,
    /** It ends within a field, or has been cut short since it was opened. */
    TRUNCATED,
    /** It was written in a newer major version of the format. */
    VERSION_TOO_NEW,
    /** Its top-level fields are not magic, manifest and then padding and payloads in turn. */
    BAD_LAYOUT,
    /** The manifest's bytes do not give its checksum. */
    BAD_MANIFEST_CHECKSUM,
    /** The manifest is no protobuf message of the schema, or a part that must be there is absent. */
    MALFORMED_MANIFEST,
    /** A size or count is larger than this reader accepts. */
    LIMIT_EXCEEDED,
    /** The payloads are not those of the payload table, or one is used twice or never. */
    BAD_PAYLOAD_TABLE,
    /** A payload does not start at an offset divisible by 64. */
    MISALIGNED,
    /** Bytes or values that only fill space are not zero. */
    PADDING_NOT_ZERO,
    /** Something follows the last payload. */
    TRAILING_DATA,
    /** A payload's bytes do not give its checksum. */
    BAD_CHECKSUM,
    /** The encoder's dimensions contradict each other or the task, or are not positive. */
    BAD_ENCODER_SHAPE,
    /** A tensor has another shape than the encoder's dimensions ask for. */
    SHAPE_MISMATCH,
    /** A payload has another length than its tensor asks for. */
    LENGTH_MISMATCH,
    /** A matrix has a value type that this version does not know. */
    BAD_DTYPE,
    /** N:M@V is out of range. */
    BAD_SPARSITY,
    /** A pattern set is empty or not rising, or a pattern has not N ones among its M bits. */
    BAD_PATTERN_SET,
    /** A block names a pattern that is not in the set. */
    BAD_PATTERN_ID,
    /** A scale is not positive and finite, or scales are there where none belong, or the reverse. */
    BAD_SCALE,
    /** A row order is no permutation of the rows. */
    BAD_ROW_ORDER,
    /** A weight is not finite, or an int8 code is -128. */
    BAD_WEIGHT,
    /** The vocabulary is not UTF-8, has not the stated number of tokens, or has more than the word embedding has rows. */
    BAD_VOCABULARY,
    /** A token is twice in the vocabulary. */
    DUPLICATE_TOKEN,
    /** The vocabulary lacks one of {@code [PAD] [UNK] [CLS] [SEP]}. */
    MISSING_SPECIAL_TOKEN,
    /** The longest sequence is too short for a text, or longer than the position embedding. */
    BAD_SEQUENCE_LENGTH,
    /** The pooling is unknown, or a pooler is there where none belongs, or the reverse. */
    BAD_HEAD,
    /** The labels are not as many as the classifier's rows, not distinct, or more than one for a regression. */
    BAD_LABELS,
    /** A golden example has not one finite logit for each label, or is a pair where the task has none, or the reverse. */
    BAD_GOLDEN_EXAMPLE,
}
