/** The help texts, one per command. */
export const HELP: Readonly<Record<'backbeat' | 'stress' | 'replay', string>> = {
  backbeat: `backbeat: millions of timed actors in one process

Usage
  backbeat stress [options]          arm a great many actors and count every run
  backbeat replay <log> [options]    replay an Apache access log, one idle actor per client
  backbeat <command> --help          the options of a command
  backbeat --version

Exit codes
  0    every run came exactly once and none was early
  1    something was lost, doubled or early
  2    wrong use: an unknown option, a bad value, a file that cannot be read or written
  130  ended by Ctrl-C
`,
  stress: `backbeat stress: arm a great many actors with random delays and count every run

Usage
  backbeat stress [options]

Options
  --actors N          how many actors (default 1000000)
  --recurring SHARE   how many of them recur, such as 10% or 0.1 (default 10%)
  --seconds S         delays are spread over this time (default 10)
  --isolates N        share the actors between N worker threads (default 1)
  --seed N            start of the random numbers (default 1)
  --vs node           measure setTimeout and setInterval with the same delays, too
  --json FILE         write the figures as JSON (- or no FILE: standard output)
  --report FILE.html  write one self-contained page with table and plots
  -h, --help

Each measurement runs in a fresh process. Memory is measured in one of its own, because
collecting garbage there would disturb the lateness.
`,
  replay: `backbeat replay: replay an Apache combined log with one idle actor per client

Usage
  backbeat replay <log> [options]

Options
  --idle DURATION     a visit ends when a client is silent for longer (default 30m);
                      500ms, 30s, 30m, 2h; a number alone is seconds
  --speed N           log seconds per real second (default 20000)
  --copies K          replay K sites side by side, each with clients of its own and its own
                      phase within an hour (default 1)
  --virtual           run on a manual clock, without waiting; --speed has no effect
  --json FILE         write the figures as JSON (- or no FILE: standard output)
  --report FILE.html  write one self-contained page with table and plots
  -h, --help
`,
};
