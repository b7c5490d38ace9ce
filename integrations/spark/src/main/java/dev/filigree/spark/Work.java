package dev.filigree.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import org.apache.spark.sql.types.DataType;

/**
 * What is asked of a model: which class runs it, with which settings, and how Spark stores its answers. Two that are equal share a loaded
 * model.
 *
 * @param <A> an answer
 */
interface Work<A> extends Serializable {
    /** The type of the answers' column. */
    DataType type();

    /** Loads a model for this from its file, which is read to the end. */
    OpenModel<A> open(InputStream file) throws IOException;

    /** An answer in Spark's own encoding, for plans. */
    Object internal(A answer);

    /** An answer as a row, an array or a map, for functions. */
    Object external(A answer);
}
