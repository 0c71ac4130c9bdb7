"""Everything that speaks LLVM. The rest of the engine uses `kernel.bind` and `registers.detect_registers`."""
