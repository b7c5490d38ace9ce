package dev.filigree.tests.load.process;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.reflect.UndeclaredThrowableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A JVM of this machine: its heap by JMX, the rest by what Linux tells of the process. */
public final class ProcessProbe implements Probe {
    private static final double MEGA = 1e6;
    private static final long KIBI = 1024;

    private final Path proc;
    private final JMXConnector connector;
    private final MemoryMXBean memory;

    private ProcessProbe(long pid, JMXConnector connector) throws IOException {
        this.proc = Path.of("/proc", Long.toString(pid));
        this.connector = connector;
        this.memory = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
    }

    /**
     * Attaches to a process of the same user.
     *
     * @throws IOException when it is no JVM, or not on Linux
     */
    public static ProcessProbe attach(long pid) throws IOException {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                return new ProcessProbe(pid, JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("Process " + pid + " is no JVM that can be looked into: " + e.getMessage(), e);
        }
    }

    @Override
    public Map<Gauge, Double> read() throws IOException {
        Map<Gauge, Double> gauges = new EnumMap<>(Gauge.class);
        List<String> status = Files.readAllLines(proc.resolve("status"));
        gauges.put(Gauge.RSS, field(status, "VmRSS:") * KIBI / MEGA);
        gauges.put(Gauge.THREADS, (double) field(status, "Threads:"));
        try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
            gauges.put(Gauge.FILES, (double) files.count());
        }
        gauges.put(Gauge.HEAP, heap());
        return gauges;
    }

    @Override
    public Map<Gauge, Double> readAfterCollection() throws IOException {
        try {
            memory.gc();
        } catch (UndeclaredThrowableException e) {
            throw gone(e);
        }
        return Map.of(Gauge.LIVE_HEAP, heap());
    }

    private double heap() throws IOException {
        try {
            return memory.getHeapMemoryUsage().getUsed() / MEGA;
        } catch (UndeclaredThrowableException e) {
            throw gone(e);
        }
    }

    private static IOException gone(UndeclaredThrowableException e) {
        return new IOException("The server's JVM no longer answers.", e.getUndeclaredThrowable());
    }

    private static long field(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip().split("\\s+")[0])
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("Linux does not tell " + name + " of the server."));
    }

    @Override
    public void close() {
        try {
            connector.close();
        } catch (IOException _) {
            // The process is gone, and the connection to it with it.
        }
    }
}
