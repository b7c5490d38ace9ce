/** The file: its reader, its writer, and the model that they read and write. */
module dev.filigree.format {
    requires com.google.protobuf;

    exports dev.filigree.format;
    // The library calls the accessors of the generated messages by reflection.
    exports dev.filigree.format.proto to com.google.protobuf;
}
