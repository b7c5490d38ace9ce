// What the page knows of tasks: what their texts are called, a scale for regressions, and examples written for this page.

const TASKS = {
  sst2: {
    first: 'Text',
    examples: [
      ['A quiet, generous film that stays with you for days.'],
      ['Two hours of noise in search of a story.'],
      ['The cast does what it can, which is not much, and yet I smiled.'],
    ],
  },
  cola: {
    first: 'Sentence',
    examples: [
      ['The keys she had lost were in the drawer.'],
      ['The keys what she lost was drawer in the.'],
      ['Nobody has ever been persuaded to leave by shouting.'],
    ],
  },
  mrpc: {
    first: 'Sentence', second: 'Other sentence',
    examples: [
      ['The bridge reopened on Monday after a year of repairs.', 'After repairs that took a year, the bridge opened again on Monday.'],
      ['The bridge reopened on Monday.', 'The tunnel will close on Monday.'],
    ],
  },
  qqp: {
    first: 'Question', second: 'Other question',
    examples: [
      ['How do I keep basil alive indoors?', 'What does basil need to survive inside a flat?'],
      ['How do I keep basil alive indoors?', 'Which herbs go well with tomatoes?'],
    ],
  },
  stsb: {
    first: 'Sentence', second: 'Other sentence',
    scale: {low: 0, high: 5, words: ['unrelated', 'same meaning']},
    examples: [
      ['A woman is mending a net by the harbour.', 'A woman repairs a fishing net near the port.'],
      ['A woman is mending a net by the harbour.', 'Someone sits at the sea.'],
      ['A woman is mending a net by the harbour.', 'The committee postponed its vote.'],
    ],
  },
  mnli: {
    first: 'Premise', second: 'Hypothesis',
    examples: [
      ['All seats on the morning train were taken.', 'The morning train was full.'],
      ['All seats on the morning train were taken.', 'The morning train was late.'],
      ['All seats on the morning train were taken.', 'Half of the train was empty.'],
    ],
  },
  qnli: {
    first: 'Question', second: 'Sentence',
    examples: [
      ['When was the lighthouse built?', 'The lighthouse was finished in 1874 and is still in use.'],
      ['When was the lighthouse built?', 'The lighthouse stands on a cliff of red granite.'],
    ],
  },
  rte: {
    first: 'Premise', second: 'Hypothesis',
    examples: [
      ['The violin was made in Cremona and sold in London last spring.', 'The violin was sold in London.'],
      ['The violin was made in Cremona and sold in London last spring.', 'The violin was made in London.'],
    ],
  },
  wnli: {
    first: 'Sentence', second: 'Claim',
    examples: [['The cup did not fit on the shelf because it was too tall.', 'The cup was too tall.']],
  },
};

const SINGLE = {first: 'Text', examples: [['I could not put it down.'], ['Never again.']]};
const PAIR = {
  first: 'First text', second: 'Second text',
  examples: [['The shop is open on Sundays.', 'One can buy bread there on a Sunday.']],
};

/** What is known of a model's task, or what fits any task with as many texts. */
export function taskOf(model) {
  const known = Object.hasOwn(TASKS, model.task) ? TASKS[model.task] : undefined;
  if (known !== undefined && (known.second !== undefined) === model.pair) {
    return known;
  }
  return model.pair ? PAIR : SINGLE;
}

/** The scale on which a regression's value is shown: the task's own, or one from 0 to 1; either is made wider to hold the value. */
export function scaleFor(model, value) {
  const {low, high, words} = taskOf(model).scale ?? {low: 0, high: 1, words: ['', '']};
  return {low: Math.min(low, Math.floor(value)), high: Math.max(high, Math.ceil(value)), words};
}
