"""Everything that speaks LLVM: loops compiled into kernels, kept as machine code."""
