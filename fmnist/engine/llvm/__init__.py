"""Everything that speaks LLVM. The rest of the engine uses two names: `kernel.bind` and `registers.registers`."""
