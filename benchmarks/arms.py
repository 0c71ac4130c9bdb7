"""Who takes part: the class of each arm, its name in tables, and what the issue of being faster is measured against."""

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
