/** What commands leave behind: files and folders that appear whole or not at all, and JSON. */
package dev.filigree.pruner.files;
