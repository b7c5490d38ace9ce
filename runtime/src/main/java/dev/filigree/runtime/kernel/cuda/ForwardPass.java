package dev.filigree.runtime.kernel.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * The launches of one forward pass over a bucket, in their order. With wgmma kernels a layer is five of them, the norms being folded into
 * the linears; with mma kernels seven. Before each linear in int8 comes one more, which turns what it reads into codes.
 */
final class ForwardPass {
    private static final int WARP = 32;
    private static final int POOL_THREADS = 256;
    private static final int CLS_THREADS = 128;
    private static final int QUANTISE_THREADS = 128;
    private static final long NONE = 0;
    /** Epilogues of the linear kernels. */
    private static final int BIAS = 0;
    private static final int BIAS_GELU = 1;
    private static final int BIAS_RESIDUAL = 2;
    private static final int PARTIAL_SUMS = 3;

    private final DeviceModel model;
    private final Bucket bucket;
    private final Buffers buffers;
    private final int hidden;
    private final float epsilon;
    private final int stride;
    private final List<Launch> launches = new ArrayList<>();

    private ForwardPass(DeviceModel model, Bucket bucket, Buffers buffers) {
        this.model = model;
        this.bucket = bucket;
        this.buffers = buffers;
        this.hidden = model.shape().hidden();
        this.epsilon = model.shape().layerNormEpsilon();
        this.stride = bucket.stride();
    }

    /** Hidden states, normalised; or times gamma with their statistics, the norm being left to the reader. */
    private record States(long activations, long statistics, DeviceModel.Norm norm) {}

    /** From the buffers' ids, positions, types and starts to their logits. */
    static List<Launch> launches(DeviceModel model, Bucket bucket, Buffers buffers) {
        ForwardPass pass = new ForwardPass(model, bucket, buffers);
        pass.head(model.foldsNorms() ? pass.foldedLayers() : pass.plainLayers());
        return List.copyOf(pass.launches);
    }

    private States foldedLayers() {
        perToken("embed_folded", ids(), positions(), types(), model.word(), model.position(), model.tokenType(), model.norm().gamma(),
                buffers.states(), buffers.statistics(), bucket.tokens(), hidden, stride);
        States states = new States(buffers.states(), buffers.statistics(), model.norm());
        for (DeviceModel.Layer layer : model.layers()) {
            fromNorm(layer.queryKeyValue(), states, buffers.queryKeyValue(), BIAS);
            attention();
            States middle = new States(buffers.middle(), buffers.middleStatistics(), layer.attentionNorm());
            wgmmaResidual(layer.attentionOutput(), buffers.context(), states, middle);
            fromNorm(layer.ffnIn(), middle, buffers.inner(), BIAS_GELU);
            states = new States(buffers.states(), buffers.statistics(), layer.outputNorm());
            wgmmaResidual(layer.ffnOut(), buffers.inner(), middle, states);
        }
        return states;
    }

    private States plainLayers() {
        perToken("embed_layernorm", ids(), positions(), types(), model.word(), model.position(), model.tokenType(), model.norm().gamma(),
                model.norm().beta(), buffers.states(), bucket.tokens(), hidden, stride, epsilon);
        for (DeviceModel.Layer layer : model.layers()) {
            mma(mmaPlan(layer.queryKeyValue(), false), layer.queryKeyValue(), buffers.states(), NONE, buffers.queryKeyValue(), BIAS);
            attention();
            mmaAndNorm(layer.attentionOutput(), buffers.context(), layer.attentionNorm());
            mma(mmaPlan(layer.ffnIn(), false), layer.ffnIn(), buffers.states(), NONE, buffers.inner(), BIAS_GELU);
            mmaAndNorm(layer.ffnOut(), buffers.inner(), layer.outputNorm());
        }
        return plain(buffers.states());
    }

    /** {@code to = W LN(from) + b}, with GELU if asked for. */
    private void fromNorm(DeviceModel.Linear linear, States from, long to, int epilogue) {
        LaunchPlan plan = LaunchPlan.wgmma(linear.rows(), linear.inputs(), bucket.tokens());
        if (linear.isInt8()) {
            quantise(linear, from);
            linear(plan, linear, linear.weight(), buffers.codes(), linear.scales(), buffers.codeScales(), linear.bias(), NONE, NONE, NONE,
                    NONE, NONE, to, NONE, linear.rows(), linear.inputs(), stride, hidden, epsilon, epilogue, bucket.tokens());
        } else {
            linear(plan, linear, linear.weight(), from.activations, linear.bias(), linear.rowSums(), from.statistics, NONE, NONE, NONE,
                    NONE, to, NONE, linear.rows(), linear.inputs(), stride, hidden, epsilon, epilogue, bucket.tokens());
        }
    }

    /** {@code to} is the folded norm of {@code W from + b + LN(residual)}. */
    private void wgmmaResidual(DeviceModel.Linear linear, long from, States residual, States to) {
        LaunchPlan plan = LaunchPlan.wgmma(linear.rows(), linear.inputs(), bucket.tokens());
        if (linear.isInt8()) {
            quantise(linear, plain(from));
            linear(plan, linear, linear.weight(), buffers.codes(), linear.scales(), buffers.codeScales(), linear.bias(),
                    residual.statistics, residual.activations, residual.norm.gamma(), residual.norm.beta(), to.norm.gamma(),
                    to.activations, to.statistics, linear.rows(), linear.inputs(), stride, hidden, epsilon, BIAS_RESIDUAL,
                    bucket.tokens());
        } else {
            linear(plan, linear, linear.weight(), from, linear.bias(), NONE, residual.statistics, residual.activations,
                    residual.norm.gamma(), residual.norm.beta(), to.norm.gamma(), to.activations, to.statistics, linear.rows(),
                    linear.inputs(), stride, hidden, epsilon, BIAS_RESIDUAL, bucket.tokens());
        }
    }

    private void mma(LaunchPlan plan, DeviceModel.Linear linear, long from, long residual, long to, int epilogue) {
        if (linear.isInt8()) {
            quantise(linear, plain(from));
            linear(plan, linear, linear.weight(), buffers.codes(), linear.scales(), buffers.codeScales(), linear.bias(), residual, to,
                    NONE, linear.rows(), linear.inputs(), stride, epilogue);
        } else {
            linear(plan, linear, linear.weight(), from, linear.bias(), residual, to, buffers.partialSums(), linear.rows(), linear.inputs(),
                    stride, epilogue);
        }
    }

    /** Makes the codes that a layer reads. */
    private void quantise(DeviceModel.Linear linear, States from) {
        launches.add(new Launch("quantise", new Launch.Grid(bucket.tokens(), 1), QUANTISE_THREADS, 0, from.activations, from.statistics,
                from.norm.gamma(), from.norm.beta(), buffers.codes(), buffers.codeScales(), linear.inputs(), stride, epsilon));
    }

    /** Activations as they are. */
    private static States plain(long activations) {
        return new States(activations, NONE, new DeviceModel.Norm(NONE, NONE));
    }

    /** {@code states = LN(states + W from + b)}. */
    private void mmaAndNorm(DeviceModel.Linear linear, long from, DeviceModel.Norm norm) {
        // What adds partial sums knows no scales.
        LaunchPlan plan = mmaPlan(linear, !linear.isInt8());
        boolean split = plan.splits() > 1;
        mma(plan, linear, from, buffers.states(), buffers.middle(), split ? PARTIAL_SUMS : BIAS_RESIDUAL);
        if (split) {
            perToken("layernorm_partial", buffers.partialSums(), linear.bias(), buffers.states(), norm.gamma(), norm.beta(),
                    buffers.states(), bucket.tokens(), hidden, stride, plan.splits(), epsilon);
        } else {
            perToken("layernorm", buffers.middle(), norm.gamma(), norm.beta(), buffers.states(), bucket.tokens(), hidden, stride, epsilon);
        }
    }

    private LaunchPlan mmaPlan(DeviceModel.Linear linear, boolean maySplit) {
        return LaunchPlan.mma(linear.rows(), linear.inputs(), bucket.tokens(), maySplit);
    }

    private void linear(LaunchPlan plan, DeviceModel.Linear linear, Object... arguments) {
        LinearShape shape = plan.shape();
        int tokens = bucket.tokens();
        int splits = plan.splits();
        Launch.Grid grid = shape.wgmma() ? new Launch.Grid(plan.blocks(linear.rows(), tokens), 1, splits, splits)
                : new Launch.Grid(Math.ceilDiv(linear.rows(), shape.rows()), Math.ceilDiv(tokens, shape.tokens()), splits, 1);
        launches.add(new Launch(shape.kernel(linear.sparse(), linear.isInt8()), grid, shape.threads(),
                shape.sharedBytes(linear.sparse(), linear.isInt8()), arguments));
    }

    private void attention() {
        boolean wide = LaunchPlan.wideAttention(bucket.sequences(), bucket.longest(), hidden);
        int head = model.shape().headWidth();
        int queryTiles = Math.ceilDiv(bucket.longest(), LaunchPlan.attentionQueries(wide));
        Launch.Grid grid = new Launch.Grid(queryTiles, hidden / DeviceLayout.BLOCK_INPUTS, bucket.sequences(), 1);
        int blocks = queryTiles * (hidden / DeviceLayout.BLOCK_INPUTS) * bucket.sequences();
        int shared = LaunchPlan.attentionSharedBytes(wide, blocks, model.foldsNorms());
        launches.add(new Launch((wide ? "attention_wide_head" : "attention_head") + head, grid, 128 * 64 / head, shared,
                buffers.queryKeyValue(), starts(), buffers.context(), hidden, stride));
    }

    private void head(States states) {
        DeviceModel.Head head = model.head();
        Launch.Grid pooler = new Launch.Grid(hidden / 8, bucket.sequences());
        Launch.Grid mean = new Launch.Grid(hidden / 64, bucket.sequences());
        Launch.Grid first = new Launch.Grid(1, bucket.sequences());
        launches.add(switch (head.pooling()) {
            case POOLER -> new Launch("pool_first", pooler, POOL_THREADS, 0, states.activations, states.statistics, states.norm.gamma(),
                    states.norm.beta(), starts(), head.pooler(), head.poolerBias(), buffers.pooled(), hidden, stride, epsilon);
            case MEAN -> new Launch("pool_mean", mean, POOL_THREADS, 0, states.activations, states.statistics, states.norm.gamma(),
                    states.norm.beta(), starts(), buffers.pooled(), hidden, stride, epsilon);
            case CLS -> new Launch("pool_cls", first, CLS_THREADS, 0, states.activations, states.statistics, states.norm.gamma(),
                    states.norm.beta(), starts(), buffers.pooled(), hidden, stride, epsilon);
        });
        launches.add(new Launch("classify", new Launch.Grid(head.labels(), bucket.sequences()), WARP, 0, buffers.pooled(),
                head.classifier(), head.bias(), buffers.logits(), hidden, head.labels()));
    }

    private void perToken(String kernel, Object... arguments) {
        int warps = LaunchPlan.normWarps(bucket.tokens());
        launches.add(new Launch(kernel, new Launch.Grid(Math.ceilDiv(bucket.tokens(), warps), 1), warps * WARP, 0, arguments));
    }

    private long starts() {
        return buffers.inputs();
    }

    private long ids() {
        return buffers.inputs() + Inputs.ids(bucket);
    }

    private long positions() {
        return buffers.inputs() + Inputs.positions(bucket);
    }

    private long types() {
        return buffers.inputs() + Inputs.types(bucket);
    }
}
