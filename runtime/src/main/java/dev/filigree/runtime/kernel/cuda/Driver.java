package dev.filigree.runtime.kernel.cuda;

import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.function.LongToIntFunction;

/**
 * The functions of NVIDIA's driver that are used, by the names that {@code cuda.h} of CUDA 12 and 13 gives them. Contexts, streams,
 * modules, graphs and pointers are the driver's own numbers. Every function but the first few needs a context that is current on the
 * calling thread ({@link Context#in}). Stateless and thread-safe; the library stays loaded, as unloading a driver is not safe.
 *
 * <p>Every argument is an integer or a pointer and none is past the fourth, so that on the machines that have this driver, x86-64 and
 * aarch64, each travels in a register of its own: all functions are called with longs.
 */
@SuppressWarnings("restricted")
final class Driver {
    static final int MOST_ARGUMENTS = 4;

    private static final int SUCCESS = 0;
    private static final int NOT_READY = 600;
    /** {@code CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP}: pinned, and at the same address for the device. */
    private static final int PINNED = 3;
    private static final int STREAM_NON_BLOCKING = 1;
    private static final int CAPTURE_THREAD_LOCAL = 1;
    private static final int MAX_DYNAMIC_SHARED_BYTES = 8;

    /** Made when the first function is called: where there is no driver, nobody waits for them. */
    private static final class Handles {
        static final MethodHandle ONE = handle(1);
        static final MethodHandle TWO = handle(2);
        static final MethodHandle THREE = handle(3);
        static final MethodHandle FOUR = handle(4);
    }

    private final Function init;
    private final Function deviceGetCount;
    private final Function deviceGet;
    private final Function deviceGetName;
    private final Function deviceGetAttribute;
    private final Function primaryContextRetain;
    private final Function primaryContextRelease;
    private final Function contextPush;
    private final Function contextPop;
    private final Function memoryInfo;
    private final Function memoryAllocate;
    private final Function memoryFree;
    private final Function hostAllocate;
    private final Function hostFree;
    private final Function copyToDevice;
    private final Function copyToHost;
    private final Function moduleLoad;
    private final Function moduleUnload;
    private final Function moduleGetFunction;
    private final Function functionSetAttribute;
    private final Function launchKernel;
    private final Function streamCreate;
    private final Function streamDestroy;
    private final Function streamQuery;
    private final Function streamSynchronize;
    private final Function streamBeginCapture;
    private final Function streamEndCapture;
    private final Function graphInstantiate;
    private final Function graphDestroy;
    private final Function graphExecDestroy;
    private final Function graphLaunch;
    private final Function errorName;
    private final Function errorString;
    /** Where contexts that are popped are written; nobody reads it. */
    private final long popped = Arena.global().allocate(ValueLayout.JAVA_LONG).address();

    private record Function(String symbol, MemorySegment address) {}

    /**
     * Loads the driver.
     *
     * @param library name or path of the shared library
     * @throws ProviderRefusedException when there is none, or an old one
     */
    Driver(String library) {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new ProviderRefusedException("There is no NVIDIA driver, " + library + " cannot be opened: install the driver, or take"
                    + " another provider.");
        }
        init = find(symbols, "cuInit");
        deviceGetCount = find(symbols, "cuDeviceGetCount");
        deviceGet = find(symbols, "cuDeviceGet");
        deviceGetName = find(symbols, "cuDeviceGetName");
        deviceGetAttribute = find(symbols, "cuDeviceGetAttribute");
        primaryContextRetain = find(symbols, "cuDevicePrimaryCtxRetain");
        primaryContextRelease = find(symbols, "cuDevicePrimaryCtxRelease_v2");
        contextPush = find(symbols, "cuCtxPushCurrent_v2");
        contextPop = find(symbols, "cuCtxPopCurrent_v2");
        memoryInfo = find(symbols, "cuMemGetInfo_v2");
        memoryAllocate = find(symbols, "cuMemAlloc_v2");
        memoryFree = find(symbols, "cuMemFree_v2");
        hostAllocate = find(symbols, "cuMemHostAlloc");
        hostFree = find(symbols, "cuMemFreeHost");
        copyToDevice = find(symbols, "cuMemcpyHtoDAsync_v2");
        copyToHost = find(symbols, "cuMemcpyDtoHAsync_v2");
        moduleLoad = find(symbols, "cuModuleLoadData");
        moduleUnload = find(symbols, "cuModuleUnload");
        moduleGetFunction = find(symbols, "cuModuleGetFunction");
        functionSetAttribute = find(symbols, "cuFuncSetAttribute");
        launchKernel = find(symbols, "cuLaunchKernelEx");
        streamCreate = find(symbols, "cuStreamCreate");
        streamDestroy = find(symbols, "cuStreamDestroy_v2");
        streamQuery = find(symbols, "cuStreamQuery");
        streamSynchronize = find(symbols, "cuStreamSynchronize");
        streamBeginCapture = find(symbols, "cuStreamBeginCapture_v2");
        streamEndCapture = find(symbols, "cuStreamEndCapture");
        graphInstantiate = find(symbols, "cuGraphInstantiateWithFlags");
        graphDestroy = find(symbols, "cuGraphDestroy");
        graphExecDestroy = find(symbols, "cuGraphExecDestroy");
        graphLaunch = find(symbols, "cuGraphLaunch");
        errorName = find(symbols, "cuGetErrorName");
        errorString = find(symbols, "cuGetErrorString");
    }

    private static Function find(SymbolLookup symbols, String symbol) {
        return new Function(symbol, symbols.find(symbol).orElseThrow(() -> new ProviderRefusedException("The NVIDIA driver is too old, it"
                + " lacks " + symbol + ": install driver 525 or newer.")));
    }

    /** Starts the driver; doing it again does nothing. */
    void init() {
        check(init, call(init, 0));
    }

    int deviceCount() {
        return (int) result(deviceGetCount, out -> call(deviceGetCount, out));
    }

    int device(int ordinal) {
        return (int) result(deviceGet, out -> call(deviceGet, out, ordinal));
    }

    String deviceName(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            check(deviceGetName, call(deviceGetName, name.address(), name.byteSize(), device));
            return name.getString(0);
        }
    }

    int attribute(int device, int attribute) {
        return (int) result(deviceGetAttribute, out -> call(deviceGetAttribute, out, attribute, device));
    }

    /** The device's primary context, which every user of it in this process shares. */
    long retainContext(int device) {
        return result(primaryContextRetain, out -> call(primaryContextRetain, out, device));
    }

    void releaseContext(int device) {
        check(primaryContextRelease, call(primaryContextRelease, device));
    }

    void pushContext(long context) {
        check(contextPush, call(contextPush, context));
    }

    void popContext() {
        check(contextPop, call(contextPop, popped));
    }

    /** Free device memory, in bytes. */
    long freeMemory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            return result(memoryInfo, out -> call(memoryInfo, out, total.address()));
        }
    }

    /** Device memory, aligned to 256 bytes at least. */
    long allocate(long bytes) {
        return result(memoryAllocate, out -> call(memoryAllocate, out, bytes));
    }

    void free(long pointer) {
        check(memoryFree, call(memoryFree, pointer));
    }

    /** Pinned host memory, which the device reads and writes at the same address. */
    MemorySegment allocateHost(long bytes) {
        long address = result(hostAllocate, out -> call(hostAllocate, out, bytes, PINNED));
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    void freeHost(MemorySegment pinned) {
        check(hostFree, call(hostFree, pinned.address()));
    }

    /** Ordered with the stream; from pinned memory it returns at once. */
    void copyToDevice(long to, MemorySegment from, long bytes, long stream) {
        check(copyToDevice, call(copyToDevice, to, from.address(), bytes, stream));
    }

    /** Ordered with the stream. */
    void copyToHost(MemorySegment to, long from, long stream) {
        check(copyToHost, call(copyToHost, to.address(), from, to.byteSize(), stream));
    }

    long loadModule(MemorySegment image) {
        return result(moduleLoad, out -> call(moduleLoad, out, image.address()));
    }

    void unloadModule(long module) {
        check(moduleUnload, call(moduleUnload, module));
    }

    long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return result(moduleGetFunction, out -> call(moduleGetFunction, out, module, text.address()));
        }
    }

    /** Lets a kernel take so much dynamic shared memory. */
    void allowSharedBytes(long function, int bytes) {
        check(functionSetAttribute, call(functionSetAttribute, function, MAX_DYNAMIC_SHARED_BYTES, bytes));
    }

    /** Launches a kernel, or records it where the stream is capturing; what is pointed to is copied before this returns. */
    void launch(MemorySegment config, long function, MemorySegment parameters) {
        check(launchKernel, call(launchKernel, config.address(), function, parameters.address(), 0));
    }

    long createStream() {
        return result(streamCreate, out -> call(streamCreate, out, STREAM_NON_BLOCKING));
    }

    void destroyStream(long stream) {
        check(streamDestroy, call(streamDestroy, stream));
    }

    /** Whether all of the stream's work is done; throws where it failed. */
    boolean isIdle(long stream) {
        int result = call(streamQuery, stream);
        if (result == NOT_READY) {
            return false;
        }
        check(streamQuery, result);
        return true;
    }

    void synchronize(long stream) {
        check(streamSynchronize, call(streamSynchronize, stream));
    }

    /** From here on the calling thread's work for the stream is recorded. */
    void beginCapture(long stream) {
        check(streamBeginCapture, call(streamBeginCapture, stream, CAPTURE_THREAD_LOCAL));
    }

    /** The recorded graph. */
    long endCapture(long stream) {
        return result(streamEndCapture, out -> call(streamEndCapture, stream, out));
    }

    long instantiate(long graph) {
        return result(graphInstantiate, out -> call(graphInstantiate, out, graph, 0));
    }

    void destroyGraph(long graph) {
        check(graphDestroy, call(graphDestroy, graph));
    }

    void destroyExecutable(long executable) {
        check(graphExecDestroy, call(graphExecDestroy, executable));
    }

    void launchGraph(long executable, long stream) {
        check(graphLaunch, call(graphLaunch, executable, stream));
    }

    private static MethodHandle handle(int arguments) {
        return Linker.nativeLinker().downcallHandle(descriptor(arguments));
    }

    /** What a function of so many arguments, up to {@link #MOST_ARGUMENTS}, takes and gives. */
    static FunctionDescriptor descriptor(int arguments) {
        MemoryLayout[] longs = new MemoryLayout[arguments];
        Arrays.fill(longs, ValueLayout.JAVA_LONG);
        return FunctionDescriptor.of(ValueLayout.JAVA_INT, longs);
    }

    /** Calls a function that writes its answer of up to eight bytes where it is told. */
    private long result(Function function, LongToIntFunction call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(function, call.applyAsInt(out.address()));
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private void check(Function function, int result) {
        if (result != SUCCESS) {
            throw new CudaException(function.symbol, result, text(errorName, result, "CUresult " + result),
                    text(errorString, result, "no description"));
        }
    }

    /** What the driver says of a result, or this where it says nothing. */
    private static String text(Function function, int result, String otherwise) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            boolean known = call(function, result, out.address()) == SUCCESS;
            MemorySegment text = out.get(ValueLayout.ADDRESS, 0);
            return known && text.address() != 0 ? text.reinterpret(Long.MAX_VALUE).getString(0) : otherwise;
        }
    }

    private static int call(Function function, long a) {
        try {
            return (int) Handles.ONE.invokeExact(function.address, a);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int call(Function function, long a, long b) {
        try {
            return (int) Handles.TWO.invokeExact(function.address, a, b);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int call(Function function, long a, long b, long c) {
        try {
            return (int) Handles.THREE.invokeExact(function.address, a, b, c);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int call(Function function, long a, long b, long c, long d) {
        try {
            return (int) Handles.FOUR.invokeExact(function.address, a, b, c, d);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static AssertionError unexpected(Throwable e) {
        return new AssertionError("A downcall throws nothing.", e);
    }
}
