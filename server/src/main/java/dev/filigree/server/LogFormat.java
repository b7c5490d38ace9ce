package dev.filigree.server;

/** How the log is written. */
enum LogFormat {
    /** A line of text for each event. */
    TEXT("dev/filigree/server/logback.xml"),
    /** A JSON object on a line for each event, with key-value pairs, logger and exception. */
    JSON("dev/filigree/server/logback-json.xml");

    private static final String PROPERTY = "logback.configurationFile";

    /** Not logback.xml at the root, so that several modules on one class path do not contend for the name. */
    private final String settings;

    LogFormat(String settings) {
        this.settings = settings;
    }

    /** Takes effect when the first logger is made; settings that somebody else has chosen stay. */
    void apply() {
        if (System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, settings);
        }
    }
}
