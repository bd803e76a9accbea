exports.up = (pgm) => { pgm.noTransaction(); pgm.createIndex('a', 'id', { concurrently: true }) }
exports.down = false
