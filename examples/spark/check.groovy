// The program's lines are what the classifier of the build said about the same texts, to the last bit of each score.
def said = new File(basedir, 'build.log').readLines()
for (line in new File(answers).readLines()) {
    def (text, label, score) = line.split('\t')
    assert said.contains("$label $score".toString()) : "the program did not say '$label $score' of '$text'"
}
assert new File(basedir, 'target/reviews.parquet/_SUCCESS').exists() : 'no Parquet was written'
