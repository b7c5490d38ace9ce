package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the manifest says of a matrix, unchecked; all numbers are unsigned.
 *
 * @param rows outputs
 * @param columns inputs
 * @param dtype number of the value type
 * @param values payload index
 * @param scales payload index
 * @param sparse absent for a dense matrix
 */
record MatrixEntry(int rows, int columns, int dtype, int values, OptionalInt scales, Optional<Sparse> sparse) {
    /**
     * What it says of a matrix that is sparse.
     *
     * @param n kept inputs of every {@code m}
     * @param m inputs that are a group
     * @param v rows that share the choice
     * @param patternIds payload index
     * @param patterns payload index
     * @param rowOrder payload index
     */
    record Sparse(int n, int m, int v, OptionalInt patternIds, OptionalInt patterns, OptionalInt rowOrder) {
        private static Sparse of(WireMessage sparse) throws ModelFormatException {
            return new Sparse(
                    sparse.uint32(FiligreeProto.Sparse.N_FIELD_NUMBER),
                    sparse.uint32(FiligreeProto.Sparse.M_FIELD_NUMBER),
                    sparse.uint32(FiligreeProto.Sparse.V_FIELD_NUMBER),
                    sparse.optionalUint32(FiligreeProto.Sparse.PATTERN_IDS_FIELD_NUMBER),
                    sparse.optionalUint32(FiligreeProto.Sparse.PATTERNS_FIELD_NUMBER),
                    sparse.optionalUint32(FiligreeProto.Sparse.ROW_ORDER_FIELD_NUMBER));
        }
    }

    static MatrixEntry of(WireMessage matrix) throws ModelFormatException {
        int sparse = FiligreeProto.Matrix.SPARSE_FIELD_NUMBER;
        return new MatrixEntry(
                matrix.uint32(FiligreeProto.Matrix.ROWS_FIELD_NUMBER),
                matrix.uint32(FiligreeProto.Matrix.COLUMNS_FIELD_NUMBER),
                matrix.uint32(FiligreeProto.Matrix.DTYPE_FIELD_NUMBER),
                matrix.uint32(FiligreeProto.Matrix.VALUES_FIELD_NUMBER),
                matrix.optionalUint32(FiligreeProto.Matrix.SCALES_FIELD_NUMBER),
                matrix.has(sparse) ? Optional.of(Sparse.of(matrix.message(sparse))) : Optional.empty());
    }
}
