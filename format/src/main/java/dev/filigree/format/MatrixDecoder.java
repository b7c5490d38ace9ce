package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Matrices from the manifest and their payloads, with every check that a kernel may then rely on. */
final class MatrixDecoder {
    private final Source source;
    private final PayloadTable payloads;
    private final boolean checkValues;
    /** Pattern sets by N and M that the file implies; and how many patterns more it may imply. */
    private final Map<Integer, int[]> implied = new HashMap<>();
    private long impliedLeft;

    /**
     * Prepares to read.
     *
     * @param impliedPatterns how many patterns the matrices may imply, each N:M counted once
     * @param checkValues whether the weights themselves are looked at, too
     */
    MatrixDecoder(Source source, PayloadTable payloads, long impliedPatterns, boolean checkValues) {
        this.source = source;
        this.impliedLeft = impliedPatterns;
        this.payloads = payloads;
        this.checkValues = checkValues;
    }

    Matrix decode(WireMessage message, String name, int rows, int columns) throws ModelFormatException {
        MatrixEntry matrix = MatrixEntry.of(message);
        if (matrix.rows() != rows || matrix.columns() != columns) {
            throw source.refuse(Refusal.SHAPE_MISMATCH, name + " is [" + Integer.toUnsignedString(matrix.rows()) + ", "
                    + Integer.toUnsignedString(matrix.columns()) + "] where the encoder asks for [" + rows + ", " + columns + "].");
        }
        requireWithinLimit((long) rows * columns, "weights", name);
        DType dtype = dtype(matrix, name);
        return matrix.sparse().isPresent() ? sparse(matrix, matrix.sparse().get(), name, dtype) : dense(matrix, name, dtype);
    }

    private void requireWithinLimit(long count, String of, String name) throws ModelFormatException {
        if (count > Limits.WEIGHTS) {
            throw source.refuse(Refusal.LIMIT_EXCEEDED,
                    name + " has " + count + " " + of + ", more than the " + Limits.WEIGHTS + " that this reader accepts.");
        }
    }

    private DenseMatrix dense(MatrixEntry matrix, String name, DType dtype) throws ModelFormatException {
        int rows = matrix.rows();
        int columns = matrix.columns();
        MemorySegment values = payloads.take(matrix.values(), name, rows * dtype.rowBytes(columns));
        DenseMatrix decoded = new DenseMatrix(rows, columns, dtype, values, scales(matrix, name, dtype));
        checkValues(values, dtype, name);
        if (checkValues && !ValueScan.keepsZerosBeyondLastColumn(decoded)) {
            throw valuesBeyondLastColumn(name);
        }
        return decoded;
    }

    private SparseMatrix sparse(MatrixEntry matrix, MatrixEntry.Sparse sparse, String name, DType dtype) throws ModelFormatException {
        int rows = matrix.rows();
        int columns = matrix.columns();
        if (dtype == DType.INT4) {
            throw source.refuse(Refusal.BAD_DTYPE, name + " is sparse and " + dtype + ", which is for dense matrices.");
        }
        Sparsity sparsity = sparsity(sparse, name);
        int width = sparsity.keptPerRow(columns);
        requireWithinLimit((long) rows * width, "values", name);
        MemorySegment values = payloads.take(matrix.values(), name, rows * dtype.rowBytes(width));
        MemorySegment scales = scales(matrix, name, dtype);
        int[] patterns = patterns(sparse, sparsity, name);
        long blocks = (long) sparsity.blockRows(rows) * sparsity.groups(columns);
        MemorySegment ids = patternIds(sparse, patterns, blocks, name);
        int[] rowOrder = rowOrder(sparse, rows, name);
        SparseMatrix decoded = new SparseMatrix(rows, columns, sparsity, patterns, ids, dtype, values, scales, rowOrder);
        checkValues(values, dtype, name);
        if (checkValues && !ValueScan.keepsZerosBeyondLastColumn(decoded)) {
            throw valuesBeyondLastColumn(name);
        }
        return decoded;
    }

    private ModelFormatException valuesBeyondLastColumn(String name) {
        return source.refuse(Refusal.PADDING_NOT_ZERO, name + " has values beyond its last column that are not zero.");
    }

    private DType dtype(MatrixEntry matrix, String name) throws ModelFormatException {
        return switch (matrix.dtype()) {
            case FiligreeProto.DType.DTYPE_FP32_VALUE -> DType.FP32;
            case FiligreeProto.DType.DTYPE_FP16_VALUE -> DType.FP16;
            case FiligreeProto.DType.DTYPE_INT8_VALUE -> DType.INT8;
            case FiligreeProto.DType.DTYPE_INT4_VALUE -> DType.INT4;
            default -> throw source.refuse(
                    Refusal.BAD_DTYPE, name + " has value type " + matrix.dtype() + ", which this version does not know.");
        };
    }

    private MemorySegment scales(MatrixEntry matrix, String name, DType dtype) throws ModelFormatException {
        long rowBytes = dtype.scaleBytes(matrix.columns());
        if (matrix.scales().isPresent() != rowBytes > 0) {
            throw source.refuse(
                    Refusal.BAD_SCALE,
                    name + " is " + dtype + (matrix.scales().isPresent() ? " and has scales." : " and has no scales."));
        }
        if (!matrix.scales().isPresent()) {
            return LittleEndian.NONE;
        }
        MemorySegment scales = payloads.take(matrix.scales().getAsInt(), "the scales of " + name, matrix.rows() * rowBytes);
        if (dtype == DType.INT4) {
            int invalid = Int4Codec.firstInvalidScale(scales);
            if (invalid >= 0) {
                throw source.refuse(Refusal.BAD_SCALE, "scale " + invalid + " of " + name + " is not a positive finite number.");
            }
            return scales;
        }
        float[] numbers = LittleEndian.floatsOf(scales);
        for (int row = 0; row < numbers.length; row++) {
            if (!(numbers[row] > 0) || Float.isInfinite(numbers[row])) {
                throw source.refuse(
                        Refusal.BAD_SCALE, name + " has scale " + numbers[row] + " in row " + row + ", which is not positive and finite.");
            }
        }
        return scales;
    }

    private Sparsity sparsity(MatrixEntry.Sparse sparse, String name) throws ModelFormatException {
        int n = sparse.n();
        int m = sparse.m();
        int v = sparse.v();
        if (m < 1 || m > Sparsity.MAX_M || n < 1 || n >= m || v < 1 || v > Sparsity.MAX_V) {
            throw source.refuse(Refusal.BAD_SPARSITY, name + " has sparsity " + Integer.toUnsignedString(n) + ":"
                    + Integer.toUnsignedString(m) + "@" + Integer.toUnsignedString(v) + ", which is out of range.");
        }
        return new Sparsity(n, m, v);
    }

    private int[] patterns(MatrixEntry.Sparse sparse, Sparsity sparsity, String name) throws ModelFormatException {
        if (!sparse.patterns().isPresent()) {
            if (PatternSet.count(sparsity.n(), sparsity.m()) > PatternSet.MAX_IMPLIED) {
                throw source.refuse(Refusal.BAD_PATTERN_SET, name + " is " + sparsity + " and must list its patterns: there are more than "
                        + PatternSet.MAX_IMPLIED + ".");
            }
            return impliedPatterns(sparsity, name);
        }
        MemorySegment payload = payloads.take(sparse.patterns().getAsInt(), "the pattern set of " + name);
        if (payload.byteSize() == 0 || payload.byteSize() % Integer.BYTES != 0) {
            throw source.refuse(Refusal.BAD_PATTERN_SET,
                    "the pattern set of " + name + " has " + payload.byteSize() + " bytes, which is no list of masks.");
        }
        int[] patterns = LittleEndian.intsOf(payload);
        int invalid = PatternSet.firstInvalid(patterns, sparsity);
        if (invalid >= 0) {
            throw source.refuse(Refusal.BAD_PATTERN_SET, "pattern " + invalid + " of " + name + " is "
                    + Integer.toBinaryString(patterns[invalid]) + ", which does not keep " + sparsity.n() + " of " + sparsity.m()
                    + " inputs or is not larger than the one before.");
        }
        return patterns;
    }

    /** All patterns of an N:M, one array for all matrices: a file need hold nothing for them, so their number is limited. */
    private int[] impliedPatterns(Sparsity sparsity, String name) throws ModelFormatException {
        int key = sparsity.n() * (Sparsity.MAX_M + 1) + sparsity.m();
        if (!implied.containsKey(key)) {
            impliedLeft -= sparsity.patternCount();
            if (impliedLeft < 0) {
                throw source.refuse(Refusal.LIMIT_EXCEEDED, name + " is " + sparsity + " and implies " + sparsity.patternCount()
                        + " patterns, with which the file implies more than this reader accepts for its size.");
            }
            implied.put(key, PatternSet.complete(sparsity.n(), sparsity.m()));
        }
        return implied.get(key);
    }

    private MemorySegment patternIds(MatrixEntry.Sparse sparse, int[] patterns, long blocks, String name) throws ModelFormatException {
        int width = PatternSet.idBits(patterns.length);
        if (sparse.patternIds().isPresent() != (width > 0)) {
            throw source.refuse(Refusal.BAD_PATTERN_ID, name + " has " + patterns.length + " patterns and "
                    + (width > 0 ? "no pattern ids." : "needs no pattern ids, but has some."));
        }
        if (width == 0) {
            return LittleEndian.NONE;
        }
        MemorySegment ids = payloads.take(sparse.patternIds().getAsInt(), "the pattern ids of " + name, PackedBits.bytes(blocks, width));
        if (patterns.length != 1 << width) {
            long block = PackedBits.firstNotBelow(patterns.length, ids, blocks, width);
            if (block >= 0) {
                throw source.refuse(Refusal.BAD_PATTERN_ID, "block " + block + " of " + name + " names pattern "
                        + PackedBits.get(ids, block, width) + " of " + patterns.length + ".");
            }
        }
        if (!PackedBits.endsWithZeros(ids, blocks * width)) {
            throw source.refuse(Refusal.PADDING_NOT_ZERO, "the bits after the last pattern id of " + name + " are not zero.");
        }
        return ids;
    }

    private int[] rowOrder(MatrixEntry.Sparse sparse, int rows, String name) throws ModelFormatException {
        if (!sparse.rowOrder().isPresent()) {
            return new int[0];
        }
        MemorySegment payload = payloads.take(sparse.rowOrder().getAsInt(), "the row order of " + name, (long) rows * Integer.BYTES);
        int[] order = LittleEndian.intsOf(payload);
        BitSet seen = new BitSet(rows);
        for (int stored = 0; stored < rows; stored++) {
            int row = order[stored];
            if (row < 0 || row >= rows || seen.get(row)) {
                throw source.refuse(Refusal.BAD_ROW_ORDER,
                        name + " names row " + Integer.toUnsignedString(row) + " as its stored row " + stored
                        + ", which is " + (row < 0 || row >= rows ? "beyond its " + rows + " rows." : "there already."));
            }
            seen.set(row);
        }
        return order;
    }

    private void checkValues(MemorySegment values, DType dtype, String name) throws ModelFormatException {
        if (checkValues) {
            long invalid = ValueScan.firstInvalid(values, dtype);
            if (invalid >= 0) {
                throw source.refuse(Refusal.BAD_WEIGHT,
                        "the value at byte " + invalid + " of " + name + " is " + switch (dtype) {
                            case FP32, FP16 -> "not a finite number.";
                            case INT8 -> "the code -128.";
                            case INT4 -> "the code -8.";
                        });
            }
        }
    }
}
