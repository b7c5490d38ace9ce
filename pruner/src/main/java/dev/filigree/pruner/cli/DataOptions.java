package dev.filigree.pruner.cli;

import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.MissingDataException;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which task, and where its examples are. */
final class DataOptions {
    @Option(
            names = "--task",
            required = true,
            converter = TaskConverter.class,
            description = "a GLUE task: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte or wnli")
    private GlueTask task;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "folder of GLUE in its standard layout, or 'sample' for the bundled one (default: $FILIGREE_GLUE)")
    private Optional<String> data;

    GlueTask task() {
        return task;
    }

    GlueData data() throws MissingDataException {
        return GlueData.resolve(data, System.getenv(GlueData.VARIABLE));
    }

    /** An unknown task is wrong usage. */
    static final class TaskConverter implements ITypeConverter<GlueTask> {
        @Override
        public GlueTask convert(String value) {
            try {
                return GlueTask.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
