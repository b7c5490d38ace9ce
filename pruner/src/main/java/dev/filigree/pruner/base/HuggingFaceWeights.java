package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The weights in a Hugging Face folder: {@code model.safetensors}, or the files that {@code model.safetensors.index.json} names. */
final class HuggingFaceWeights implements AutoCloseable {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final int MAX_SHARDS = 1000;

    private final Path folder;
    private final Map<String, Safetensors> files = new HashMap<>();
    private final Map<String, Safetensors> byWeight = new HashMap<>();

    private HuggingFaceWeights(Path folder) {
        this.folder = folder;
    }

    static HuggingFaceWeights open(Path folder) throws BaseModelException {
        HuggingFaceWeights weights = new HuggingFaceWeights(folder);
        boolean opened = false;
        try {
            weights.open();
            opened = true;
            return weights;
        } finally {
            if (!opened) {
                weights.close();
            }
        }
    }

    /** Names as the files have them. */
    Set<String> names() {
        return byWeight.keySet();
    }

    /**
     * A weight in fp32, row-major.
     *
     * @throws BaseModelException when it is missing, of another shape or unreadable
     */
    float[] floats(String name, List<Integer> dims) throws BaseModelException {
        Safetensors file = byWeight.get(name);
        if (file == null) {
            throw new BaseModelException(folder + ": weight " + name + " is missing: give the folder of a whole BERT encoder.");
        }
        return file.floats(name, dims);
    }

    @Override
    public void close() {
        files.values().forEach(Safetensors::close);
    }

    private void open() throws BaseModelException {
        if (Files.exists(folder.resolve(SINGLE))) {
            Safetensors file = file(SINGLE);
            file.names().forEach(name -> byWeight.put(name, file));
        } else if (Files.exists(folder.resolve(INDEX))) {
            openShards(JsonFile.read(folder.resolve(INDEX)).path("weight_map"));
        } else {
            throw new BaseModelException(folder + " holds neither " + SINGLE + " nor " + INDEX
                    + ": save the model with save_pretrained(…, safe_serialization=True).");
        }
    }

    private void openShards(JsonNode map) throws BaseModelException {
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String name = entry.getValue().asText();
            // The folder may come from a stranger, and its index must not reach beyond it.
            if (!name.matches("[\\w][\\w.-]*\\.safetensors")) {
                throw new BaseModelException(
                        folder.resolve(INDEX) + " names a file that is not a safetensors file of its folder: get the index again.");
            }
            if (files.size() == MAX_SHARDS && !files.containsKey(name)) {
                throw new BaseModelException(folder.resolve(INDEX) + " names more than " + MAX_SHARDS + " files: save the model in fewer.");
            }
            Safetensors file = file(name);
            if (!file.names().contains(entry.getKey())) {
                throw new BaseModelException(folder.resolve(INDEX) + " says that " + entry.getKey() + " is in " + name
                        + ", and it is not: get the files again.");
            }
            byWeight.put(entry.getKey(), file);
        }
    }

    private Safetensors file(String name) throws BaseModelException {
        Safetensors open = files.get(name);
        if (open == null) {
            open = Safetensors.open(folder.resolve(name));
            files.put(name, open);
        }
        return open;
    }
}
