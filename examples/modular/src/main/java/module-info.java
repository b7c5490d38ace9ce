module example.modular {
    requires dev.filigree.runtime;
}
