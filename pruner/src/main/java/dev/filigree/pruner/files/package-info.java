/** Output files and folders that appear whole or not at all. */
package dev.filigree.pruner.files;
