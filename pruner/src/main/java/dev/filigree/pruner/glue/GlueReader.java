package dev.filigree.pruner.glue;

import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.MalformedDataException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Reads one tab-separated file. There is no quoting: {@code "} is an ordinary character. Lines end with LF (a CR before it is dropped), so
 * that other line separators inside a text do not split it. Texts are kept as they are; an empty text is a text.
 */
final class GlueReader {
    /** No line of GLUE is near this long; a file without line ends must not fill the memory. */
    private static final int MAX_LINE_BYTES = 1 << 20;
    /** The public QQP training file has three rows broken in two; a file with more than one in this many is another kind of file. */
    private static final int ROWS_PER_BROKEN_ROW = 1000;
    /** What MultiNLI writes where the annotators did not agree; such rows are left out of training and evaluation. */
    private static final String NO_GOLD_LABEL = "-";
    private static final Pattern SCORE = Pattern.compile("[0-5](\\.\\d{1,20})?");
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final GlueTask task;
    private final GlueSplit split;
    private final String source;
    private int line;

    /** Wraps the stored bytes, for example to inflate them. */
    interface Decoder {
        InputStream decode(InputStream stored) throws IOException;
    }

    GlueReader(GlueTask task, GlueSplit split, String source) {
        this.task = task;
        this.split = split;
        this.source = source;
    }

    ExampleFile read(InputStream stored, Decoder decoder) throws IOException {
        DigestInputStream digested = new DigestInputStream(stored, DigestUtils.getSha256Digest());
        List<Example> examples = new ArrayList<>();
        int unlabelled = 0;
        int broken = 0;
        try {
            InputStream in = new BufferedInputStream(decoder.decode(digested), 1 << 16);
            GlueTask.Columns.Places places = places(in);
            for (Optional<String> text = readLine(in); text.isPresent(); text = readLine(in)) {
                // A stream of a file does not see to that, and the largest tasks take seconds to read.
                if (Thread.currentThread().isInterrupted()) {
                    throw new ClosedByInterruptException();
                }
                String[] row = text.get().split("\t", -1);
                if (row.length != places.count()) {
                    if (task != GlueTask.QQP) {
                        throw malformed(" has " + row.length + " columns where " + places.count() + " are needed");
                    }
                    broken++;
                } else if (task == GlueTask.MNLI && row[places.label()].equals(NO_GOLD_LABEL)) {
                    unlabelled++;
                } else {
                    float target = target(row[places.label()], places.label());
                    examples.add(new Example(row[places.first()], places.second().map(i -> row[i]), target));
                }
            }
            digested.transferTo(OutputStream.nullOutputStream());
        } catch (EOFException | ZipException e) {
            throw new MalformedDataException(source + " is a damaged gzip file (" + e.getMessage() + "): get it again.");
        }
        if (examples.isEmpty()) {
            throw new MalformedDataException(source + " holds no examples: get it again.");
        }
        if ((long) broken * ROWS_PER_BROKEN_ROW > examples.size()) {
            throw new MalformedDataException(
                    source + " has " + broken + " rows with a wrong number of columns among " + (examples.size() + broken)
                            + ": get GLUE's own tab-separated file, as other copies of QQP have other columns.");
        }
        String digest = HexFormat.of().formatHex(digested.getMessageDigest().digest());
        return new ExampleFile(task.fileName(split), examples, unlabelled + broken, OfficialRows.of(task, split), digest);
    }

    private GlueTask.Columns.Places places(InputStream in) throws IOException {
        GlueTask.Columns columns = task.columns();
        if (columns.headerless().isPresent()) {
            return columns.headerless().get();
        }
        String header = readLine(in).orElseThrow(() -> new MalformedDataException(source + " is empty: get it again."));
        List<String> names = Arrays.asList(header.split("\t", -1));
        Optional<Integer> second = Optional.empty();
        if (columns.second().isPresent()) {
            second = Optional.of(place(names, columns.second().get()));
        }
        return new GlueTask.Columns.Places(names.size(), place(names, columns.first()), second, place(names, columns.label()));
    }

    private int place(List<String> header, String column) throws MalformedDataException {
        int place = header.indexOf(column);
        if (place < 0) {
            throw malformed(" is the header and has no column '" + column + "', which " + task.folder() + " needs");
        }
        return place;
    }

    private float target(String value, int column) throws MalformedDataException {
        if (task.regression()) {
            if (!SCORE.matcher(value).matches() || Float.parseFloat(value) > 5) {
                throw malformed(", column " + (column + 1) + ", holds '" + shorten(value) + "' where a score from 0 to 5 is needed");
            }
            return Float.parseFloat(value);
        }
        int label = task.codes().indexOf(value);
        if (label < 0) {
            throw malformed(", column " + (column + 1) + ", holds '" + shorten(value) + "' where " + String.join(" or ", task.codes())
                    + " is needed");
        }
        return label;
    }

    /** The next line, empty at the end of the file. */
    private Optional<String> readLine(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        int b = in.read();
        if (b < 0) {
            return Optional.empty();
        }
        line++;
        for (; b >= 0 && b != '\n'; b = in.read()) {
            if (bytes.size() == MAX_LINE_BYTES) {
                throw malformed(" is longer than " + MAX_LINE_BYTES + " bytes");
            }
            bytes.write(b);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
        } catch (CharacterCodingException e) {
            throw malformed(" is not UTF-8");
        }
        if (line == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
            text = text.substring(1);
        }
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }

    private MalformedDataException malformed(String what) {
        return new MalformedDataException(source + ": line " + line + what + ".");
    }

    private static String shorten(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
