// The program's own line is what the classifier of the build said about the same text, to the last bit of the score.
def (text, label, score) = new File(answers).readLines()[0].split('\t')
def said = new File(basedir, 'build.log').readLines().contains("$label $score".toString())
assert said : "the program did not say '$label $score' of '$text'"
