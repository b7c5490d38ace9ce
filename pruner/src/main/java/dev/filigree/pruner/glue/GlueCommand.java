package dev.filigree.pruner.glue;

import picocli.CommandLine.Command;

/** {@code filigree glue}: the GLUE data sets. */
@Command(
        name = "glue",
        description = "Gets and checks the GLUE data sets.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {GlueCheckCommand.class, GlueDownloadCommand.class})
public final class GlueCommand {}
