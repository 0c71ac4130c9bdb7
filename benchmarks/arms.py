"""Who takes part: the name of each arm in tables and results, and its class."""

ARMS = {
    "ours": "peers.ours:Ours",
    "ours numpy": "peers.ours:OursNumPy",
    "jax step": "peers.jax_jit:Step",
    "jax scan": "peers.jax_jit:Scan",
    "torch fused": "peers.pytorch:Fused",
    "torch eager": "peers.pytorch:Eager",
    "torch compile": "peers.pytorch_compile:Compiled",
    "sklearn partial_fit": "peers.scikit_learn:PartialFit",
    "sklearn fit": "peers.scikit_learn:Fit",
    "matmul": "peers.floor:Floor",
}
