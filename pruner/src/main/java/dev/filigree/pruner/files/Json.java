package dev.filigree.pruner.files;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.util.Optional;

/** Records as JSON; an optional is its value, or left out where its record leaves out what is empty. */
public final class Json {
    private static final ObjectWriter WRITER =
            new ObjectMapper().registerModule(new SimpleModule().addSerializer(new Value())).writerWithDefaultPrettyPrinter();

    private Json() {}

    /** The document with line breaks and indents. */
    public static String of(Object document) throws JsonProcessingException {
        return WRITER.writeValueAsString(document);
    }

    private static final class Value extends StdSerializer<Optional<?>> {
        private static final long serialVersionUID = 1L;

        Value() {
            super(Optional.class, false);
        }

        @Override
        public boolean isEmpty(SerializerProvider provider, Optional<?> value) {
            return value.isEmpty();
        }

        @Override
        public void serialize(Optional<?> value, JsonGenerator out, SerializerProvider provider) throws IOException {
            if (value.isPresent()) {
                out.writePOJO(value.get());
            } else {
                out.writeNull();
            }
        }
    }
}
