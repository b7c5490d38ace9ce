package dev.filigree.server.openinference;

import dev.filigree.server.http.ApiException;
import java.util.List;
import java.util.Map;

/** An input of a request as it came in, by whatever way. */
public interface InputTensor {
    /** Its name. */
    String name();

    /** The name of its datatype, perhaps of none that exists. */
    String datatype();

    /** Its dimensions, perhaps senseless. */
    List<Long> shape();

    /** Its parameters: each a {@link Boolean}, a {@link Number} or a {@link String}. */
    Map<String, Object> parameters();

    /**
     * Its elements as texts; called when name, datatype and shape are as they should be.
     *
     * @param count how many its shape promises
     * @throws ApiException when there are more or fewer, or one is no text
     */
    List<String> texts(long count);
}
