// The scores are those of the build's classifier for the same pairs, to the last bit; the nearest text is the one about trains.
def said = new File(basedir, 'build.log').readLines()
for (line in new File(new File(answers).parentFile, 'pairs.txt').readLines()) {
    assert said.contains(line) : "the program did not say '$line'"
}
def similarity = { text -> said.find { it.endsWith(" $text") }.tokenize()[0] as double }
assert similarity('The trains run every hour.') > similarity('I could not put it down.')
assert similarity('The trains run every hour.') > similarity('The museum is closed on Mondays.')
