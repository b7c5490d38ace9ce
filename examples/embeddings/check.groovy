// The text that says the same in other words is the more alike.
def lines = new File(basedir, 'build.log').readLines()
def alike = { text -> lines.findAll { it.endsWith(" $text") }.collect { it.split(' ')[0] as float }.first() }
assert alike('My package has not arrived.') > alike('I would like to change my password.')
