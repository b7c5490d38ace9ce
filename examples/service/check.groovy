// The same answers as the classifier of the build gave, and one line about the call.
def lines = new File(basedir, 'build.log').readLines()
new File(answers).readLines().take(2).each {
    def (text, label, score) = it.split('\t')
    assert lines.any { it == "$label $score".toString() } : "the program did not say '$label $score' of '$text'"
}
assert lines.count { it ==~ /2 texts, \d+ tokens, \d+ us/ } == 1 : 'the listener was not called once'
