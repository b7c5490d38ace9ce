package dev.filigree.pruner.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * A table of texts and labels, read whole: {@code .csv} with quotes as in RFC 4180, {@code .tsv} without quotes, both with a header, or
 * {@code .jsonl}, an object a line; each also with {@code .gz} behind. In UTF-8.
 *
 * @param path where it lies
 * @param rows in their order
 * @param sha256 SHA-256 (hex) of the file's bytes as stored
 */
record TableFile(Path path, List<Row> rows, String sha256) {
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);

    /**
     * A row.
     *
     * @param place of it in the file, for messages
     * @param first the text, or the first one of a pair
     * @param second the second one of a pair
     * @param label as it is written
     */
    record Row(String place, String first, Optional<String> second, String label) {
        private static Row of(String place, String first, Optional<String> second, String label) throws MalformedDataException {
            if (label.isBlank()) {
                throw new MalformedDataException(place + ", has no label.");
            }
            return new Row(place, first, second, label);
        }
    }

    private interface Format {
        List<Row> read(BufferedReader in, Path path, Columns columns) throws IOException;
    }

    /**
     * Reads a file.
     *
     * @throws MissingDataException when there is none
     * @throws MalformedDataException when it is not of such a form, lacks a column, or holds no row
     * @throws IOException when it cannot be read
     */
    static TableFile read(Path path, Columns columns) throws IOException {
        if (!Files.exists(path) || Files.isDirectory(path)) {
            throw new MissingDataException("There is no file " + path.toAbsolutePath() + ".");
        }
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean gzip = name.endsWith(".gz");
        Format format = format(gzip ? name.substring(0, name.length() - 3) : name).orElseThrow(() -> new MalformedDataException(
                path + " is of an unknown kind: its name must end with .csv, .tsv or .jsonl, or one of these and .gz."));
        try (DigestInputStream stored = new DigestInputStream(Files.newInputStream(path), DigestUtils.getSha256Digest())) {
            InputStream plain = gzip ? new GZIPInputStream(stored) : stored;
            BufferedReader in = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8.newDecoder()));
            in.mark(1);
            if (in.read() != BYTE_ORDER_MARK.charAt(0)) {
                in.reset();
            }
            List<Row> rows = format.read(in, path, columns);
            if (rows.isEmpty()) {
                throw new MalformedDataException(path + " holds no examples.");
            }
            stored.transferTo(OutputStream.nullOutputStream());
            return new TableFile(path, rows, HexFormat.of().formatHex(stored.getMessageDigest().digest()));
        } catch (CharacterCodingException e) {
            throw new MalformedDataException(path + " is not in UTF-8: convert it, for example with iconv.");
        } catch (ZipException e) {
            throw new MalformedDataException(path + " is no gzip file, or a damaged one (" + e.getMessage() + ").");
        }
    }

    private static Optional<Format> format(String name) {
        if (name.endsWith(".csv")) {
            return Optional.of((in, path, columns) -> table(in, path, columns, CSVFormat.RFC4180));
        }
        if (name.endsWith(".tsv")) {
            return Optional.of((in, path, columns) -> table(in, path, columns, CSVFormat.TDF.builder()
                    .setQuote(null).setEscape(null).setIgnoreEmptyLines(false).setIgnoreSurroundingSpaces(false).get()));
        }
        return name.endsWith(".jsonl") ? Optional.of(TableFile::objects) : Optional.empty();
    }

    private static List<Row> table(BufferedReader in, Path path, Columns columns, CSVFormat format) throws IOException {
        List<Row> rows = new ArrayList<>();
        try {
            // The parser is not closed: it would close the file, whose digest is still to be had.
            // What no column is read by may be missing or double: pandas, for one, leaves the column of its row numbers without a name.
            CSVParser parser = format.builder().setHeader().setSkipHeaderRecord(true).setAllowMissingColumnNames(true).get().parse(in);
            List<String> names = parser.getHeaderNames();
            if (names.isEmpty()) {
                throw new MalformedDataException(path + " is empty.");
            }
            int first = column(names, columns.first(), path);
            int label = column(names, columns.label(), path);
            int second = columns.second().isPresent() ? column(names, columns.second().get(), path) : -1;
            for (CSVRecord record : parser) {
                String place = path + ", row " + record.getRecordNumber();
                if (record.size() != names.size()) {
                    throw new MalformedDataException(
                            place + ", has " + record.size() + " columns where the header has " + names.size() + ".");
                }
                rows.add(Row.of(place, record.get(first), columns.second().map(_ -> record.get(second)), record.get(label)));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause() instanceof CharacterCodingException ? e.getCause() : unreadable(path, e.getCause());
        } catch (IllegalArgumentException e) {
            throw unreadable(path, e);
        }
        return rows;
    }

    private static MalformedDataException unreadable(Path path, Exception cause) {
        return new MalformedDataException(path + " cannot be read as a table: " + cause.getMessage());
    }

    private static int column(List<String> names, String name, Path path) throws MalformedDataException {
        int column = names.indexOf(name);
        if (column < 0) {
            throw new MalformedDataException(path + " has no column '" + name + "', only "
                    + names.stream().map(other -> other.isBlank() ? "(no name)" : other).collect(Collectors.joining(", ")) + ".");
        }
        if (names.lastIndexOf(name) != column) {
            throw new MalformedDataException(path + " has more than one column '" + name + "': give the others another name.");
        }
        return column;
    }

    private static List<Row> objects(BufferedReader in, Path path, Columns columns) throws IOException {
        List<Row> rows = new ArrayList<>();
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String place = path + ", line " + number;
            JsonNode object;
            try {
                object = JSON.readTree(line);
            } catch (JsonProcessingException e) {
                throw new MalformedDataException(place + ", is no JSON: " + e.getOriginalMessage());
            }
            Optional<String> second = Optional.empty();
            if (columns.second().isPresent()) {
                second = Optional.of(field(object, columns.second().get(), place, JsonNode::isTextual));
            }
            rows.add(Row.of(place, field(object, columns.first(), place, JsonNode::isTextual), second,
                    field(object, columns.label(), place, value -> value.isTextual() || value.isNumber() || value.isBoolean())));
        }
        return rows;
    }

    private static String field(JsonNode object, String name, String place, Predicate<JsonNode> fits)
            throws MalformedDataException {
        JsonNode value = object.path(name);
        if (!fits.test(value)) {
            throw new MalformedDataException(place + ", has no field '" + name + "' with a text" + (value.isMissingNode() ? "." : ", but "
                    + value.getNodeType().name().toLowerCase(Locale.ROOT) + "."));
        }
        return value.asText();
    }
}
