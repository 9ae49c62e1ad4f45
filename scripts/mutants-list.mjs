// Guards, each broken in one place: what is broken, the text in a file that becomes another, and the test that fails then.
// A text stands in its file once. Where a native test notices, it is named rather than one that needs a browser.

/** A test of tests/native, or several. */
const native = (name) => ({
  name,
  build: ["cargo", "test", "--quiet", "--no-run", "--test=native"],
  command: ["cargo", "test", "--quiet", "--test=native", "--", name],
  ran: /^running [1-9]/m,
});

const node = (file, name, ...env) => ({
  name,
  command: ["env", ...env, "node", "--test", "--test-reporter=tap", `--test-name-pattern=^${name.replace(/\W/g, "\\$&")}$`, `tests/js/${file}`],
  ran: /^# pass [1-9]/m,
});

/** A test of the shared suite, in Node. */
const inNode = (name) => node("run-node.test.js", name);
/** A test between tabs, in one engine. */
const inTabs = (file, name) => node(file, name, "ENGINES=Chromium");
/** A test of the shared suite that needs IndexedDB. */
const inBrowser = (name) => ({ name, command: ["node", "tests/js/browsers.mjs", "chromium", `--only=${name}`], ran: /^[1-9]\d* passed/m });

export const mutants = [
  {
    breaks: "the native queue has no bound",
    file: "src/writer.rs",
    text: "if events > 0 && (load.events > limits.events || load.bytes > limits.bytes) {",
    becomes: "if events > usize::MAX - 1 && (load.events > limits.events || load.bytes > limits.bytes) {",
    test: native("bus::what_does_not_fit_into_the_queue_is_refused_and_nobody_gets_it"),
  },
  {
    breaks: "a log in memory needs a driver",
    file: "src/bus.rs",
    text: "            writer.help();",
    becomes: "            let _ = writer;",
    test: native("driving::a_log_in_memory_has_what_is_published_though_nobody_drives_the_bus"),
  },
  {
    breaks: "who has flushed leaves what came meanwhile to nobody",
    file: "src/writer.rs",
    text: "        self.help();",
    becomes: "",
    test: native("driving::who_appends_for_others_goes_on_with_what_came_meanwhile"),
  },
  {
    breaks: "publishing appends to a log that needs a driver",
    file: "src/writer.rs",
    text: "!self.log.is_immediate() || ",
    becomes: "",
    test: native("driving::a_log_that_takes_its_time_is_left_to_who_drives_the_bus"),
  },
  {
    breaks: "a dropped call leaves behind what it has half read",
    file: "src/log/reading/subscription.rs",
    text: "    fn drop(&mut self) {\n        *self.0.reading.get_mut() = None;",
    becomes: "    fn drop(&mut self) {",
    test: native("streams::a_call_that_is_dropped_takes_along_what_it_was_reading"),
  },
  {
    breaks: "a payload is only read where JSON gives its text",
    file: "src/json/read.rs",
    text: "Value(&mut text).deserialize(value)?;",
    becomes: "text.push_str(serde_json::value::RawValue::NULL.get()); Value(&mut String::new()).deserialize(value)?;",
    test: native("serde::a_frame_of_a_server_is_read_without_naming_its_fields"),
  },
  {
    breaks: "an acknowledgement under an older claim counts",
    file: "src/log/consumer.rs",
    text: "CursorChange::AckUnder(claim, seq_no) if cursor.claim == Some(claim) => {",
    becomes: "CursorChange::AckUnder(claim, seq_no) if cursor.epoch() >= claim.epoch => {",
    test: native("conformance::under_futures::a_claim_fences_off_everybody_before_it"),
  },
  {
    breaks: "a merge drops one event",
    file: "src/log/operations/merge.rs",
    text: "for entry in run.iter().flat_map(|segment| segment.entries()) {",
    becomes: "for entry in run.iter().flat_map(|segment| segment.entries()).skip(1) {",
    test: native("conformance::under_futures::merging_changes_nothing_but_the_segments"),
  },
  {
    breaks: "a trim forgets the segment that holds its number",
    file: "src/log/operations/trim.rs",
    text: "vec![floor(Table::Segments, self.before.get())]",
    becomes: "vec![floor(Table::Segments, self.before.get() + 1)]",
    test: native("conformance::under_futures::trimming_forgets_whole_segments_and_never_renumbers"),
  },
  {
    breaks: "a trim doesn't keep the newest ids",
    file: "src/log/operations/trim.rs",
    text: "self.writes.push(keep_trimmed(&segment));",
    becomes: "let _ = keep_trimmed(&segment);",
    test: native("tree::the_newest_ten_thousand_ids_are_known"),
  },
  {
    breaks: "a trim past a consumer isn't told to whom it overtakes",
    file: "src/log/operations/surplus.rs",
    text: "+ 1 < before.get());",
    becomes: "+ 1 < self.head.first);",
    test: native("conformance::under_futures::retention_finds_whole_segments_and_the_consumers_they_would_overtake"),
  },
  {
    breaks: "a consumer that was overtaken by a trim goes on in silence",
    file: "src/log/reading/subscription.rs",
    text: "if self.next < page.first && !self.skips_trimmed {",
    becomes: "if self.next > page.last + 1 && self.next < page.first && !self.skips_trimmed {",
    test: native("conformance::under_futures::resuming_before_the_trim_point_reports_both_numbers"),
  },
  {
    breaks: "a subscription takes a commit though what comes before it is missing",
    file: "src/log/reading/subscription.rs",
    text: "if segment.first().get() <= self.next => {",
    becomes: "if segment.first().get() > 0 => {",
    test: native("handover::what_another_handle_has_appended_comes_before_the_next_commit"),
  },
  {
    breaks: "a notice under a wrong seal is believed",
    file: "src/log/commits/notice.rs",
    text: "if *seal != seal_of(content, incarnation) {",
    becomes: "if *seal == seal_of(content, incarnation).map(|byte| !byte) {",
    test: native("notices::"),
  },
  {
    breaks: "a segment with a wrong checksum is read",
    file: "src/log/segment/decode.rs",
    text: "if length != bytes.len() || checksum != computed.value() {",
    becomes: "if length != bytes.len() || checksum == !computed.value() {",
    test: native("segments::every_flipped_bit_is_detected"),
  },
  {
    breaks: "an append counts on the head that it was told last, and not on the real one",
    file: "src/log/operations/append.rs",
    text: "self.bet.take() == Some(head)",
    becomes: "self.bet.take().is_some_and(|bet| bet.incarnation == head.incarnation)",
    test: native("handover::what_another_handle_has_appended_comes_before_the_next_commit"),
  },
  {
    breaks: "an append doesn't look whether it is stored after an end in doubt",
    file: "src/log/operations/append.rs",
    text: "before == Before::InDoubt || was_left",
    becomes: "before == Before::InDoubt && was_left",
    test: native("shaky::"),
  },
  {
    breaks: "an append doesn't look for what the same tab has left behind",
    file: "src/log/stored/calls.rs",
    text: "        seen.in_doubt = true;\n        drop(seen);\n        self.partings()",
    becomes: "        drop(seen);\n        self.partings()",
    test: native("parting::who_appends_itself_what_it_left_behind_stores_it_once"),
  },
  {
    breaks: "what was left behind is numbered without looking its ids up",
    file: "src/log/operations/parting.rs",
    text: "self.head.sequence(left.batch, Some(&recent))",
    becomes: "self.head.sequence(left.batch, Some(&RecentIds::default()))",
    test: native("parting::who_appends_itself_what_it_left_behind_stores_it_once"),
  },
  {
    breaks: "a read whose page is done begins anew",
    file: "src/log/operations/read.rs",
    text: "if self.page.is_some() {",
    becomes: "if false {",
    test: native("shaky::pages_cover_any_range_both_ways"),
  },
  {
    breaks: "close doesn't commit what is queued",
    file: "pkg/src/bus/session.ts",
    text: "      await log.writer.flush().catch(ignore);\n",
    becomes: "",
    test: inBrowser("close commits what was published before"),
  },
  {
    breaks: "the queue of a bus has no bound",
    file: "pkg/src/publish/queue.ts",
    text: "if (!fits && this.#events > 0) return false;",
    becomes: "if (!fits && this.#events < 0) return false;",
    test: inNode("what doesn't fit into the queue is refused, and nobody gets it"),
  },
  {
    breaks: "retention forgets whom it has told of events that are about to go",
    file: "pkg/src/log/retention.ts",
    text: "this.#told = told;",
    becomes: "this.#told = new Map();",
    test: inNode("a consumer that would lose events is told of before, once"),
  },
  {
    breaks: "retention never tells a consumer again, though it has caught up",
    file: "pkg/src/log/retention.ts",
    text: "const isNews = lastAcked + 1 >= known;",
    becomes: "const isNews = known === 0;",
    test: inNode("a consumer that has caught up and would lose events again is told of again"),
  },
  {
    breaks: "the dispatcher delivers a commit though what comes before it is missing",
    file: "pkg/src/deliver/dispatcher.ts",
    text: "} else if (first === this.#delivered + 1) {",
    becomes: "} else if (first > this.#delivered) {",
    test: inTabs("tabs/delivery.test.js", "close waits until what another tab has written before the last commit is delivered, too"),
  },
  {
    breaks: "the dispatcher skips what waits to be delivered if it is trimmed meanwhile",
    file: "pkg/src/deliver/dispatcher.ts",
    text: "to + 1), end + 1)",
    becomes: "to + 1), end + 2)",
    test: inTabs("tabs/catching-up.test.js", "a subscriber gets what its own tab has committed, also if that is trimmed before what comes before it was read"),
  },
  {
    breaks: "a hello is answered only by tabs that have heard nobody",
    file: "pkg/src/tabs/tabs.ts",
    text: "if (message === HELLO || !this.#hasOthers) this.#post(LOOK);",
    becomes: "if (!this.#hasOthers) this.#post(LOOK);",
    test: inTabs("tabs/notices.test.js", "what a third tab commits reaches two that know each other already"),
  },
  {
    breaks: "committed resolves though the transaction was aborted and never completes",
    file: "pkg/src/indexeddb/transaction.ts",
    text: 'raw.addEventListener("abort", failed);',
    becomes: 'raw.addEventListener("abort", end(() => ({ is: "made" })));',
    test: inBrowser("a commit that fails rejects its receipts, reaches onError, delivers nothing and leaves no gap"),
  },
  {
    breaks: "a commit whose end nobody knows is made anew as if it had been undone",
    file: "pkg/src/indexeddb/store.ts",
    text: 'before = error.code === "storage" ? IN_DOUBT : UNDONE;',
    becomes: "before = UNDONE;",
    test: inBrowser("a conditional commit that is stored although the platform says that it failed has met its condition"),
  },
  {
    breaks: "a group fails whole for what one of its events is",
    file: "pkg/src/publish/groups.ts",
    text: "if (group.length <= 1 || !FOR_ONE.has(error.code)) return refuse(group, error);",
    becomes: "if (group.length > 0 || !FOR_ONE.has(error.code)) return refuse(group, error);",
    test: node("machines/groups.test.js", "where one alone finds no room, what is no smaller isn't tried"),
  },
  {
    breaks: "all who wait for a lock ask whether its holder is alive, and all steal it",
    file: "pkg/src/consumers/contender.ts",
    text: "isQuestion === (this.#unanswered === 0)",
    becomes: "!isQuestion && this.#unanswered > 0",
    test: node("machines/contender.test.js", "of those who wait one asks"),
  },
  {
    breaks: "an id that looks like one that is known is taken for it",
    file: "pkg/src/values/uuid.ts",
    text: "if (known[place] === value) return value;",
    becomes: 'if (known[place] !== "") return known[place];',
    test: inNode("ids that differ in one digit are kept apart, however often they come"),
  },
  {
    breaks: "what the platform fails is tried by halves",
    file: "pkg/src/publish/groups.ts",
    text: "group.length <= 1 || !FOR_ONE.has(error.code)",
    becomes: "group.length <= 1 || FOR_ONE.size === 0",
    test: inBrowser("what the platform fails, it fails for all that waits, at once"),
  },
];
