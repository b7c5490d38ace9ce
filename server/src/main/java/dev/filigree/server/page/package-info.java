/** The web page at {@code /}: files of the class path, served as they are ({@link dev.filigree.server.page.Page}). */
package dev.filigree.server.page;
