/** Requests at a given rate, or as fast as they are answered, over keep-alive connections, and how long their answers take. */
package dev.filigree.tests.load.client;
