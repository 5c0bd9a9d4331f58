// Attention of a few tokens: the columns are the tokens of the chunk.
fn first_position() -> u32 { return chunk.start; }
fn column_count() -> u32 { return chunk.tokens; }
