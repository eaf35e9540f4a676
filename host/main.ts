// Composition root: what `bin/weft` runs.
process.stderr.write('weft: nothing is wired yet\n');
