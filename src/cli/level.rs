//! Levels on the command line: -1 to -9, --fast, --best.

use boa_constrictor::Level;
use clap::Args;

const ALL: [&str; 9] = ["l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9"];

/// The level; of several the last counts, as with xz and zstd.
#[derive(Args, Debug)]
pub struct LevelArgs {
    /// Quick: -1 and -2 are the same.
    #[arg(short = '1', long = "fast", overrides_with_all = ALL)]
    l1: bool,
    #[arg(short = '2', hide = true, overrides_with_all = ALL)]
    l2: bool,
    /// Smaller than quick.
    #[arg(short = '3', overrides_with_all = ALL)]
    l3: bool,
    #[arg(short = '4', hide = true, overrides_with_all = ALL)]
    l4: bool,
    /// The default: -4 to -6 are the same.
    #[arg(short = '5', overrides_with_all = ALL)]
    l5: bool,
    #[arg(short = '6', hide = true, overrides_with_all = ALL)]
    l6: bool,
    #[arg(short = '7', hide = true, overrides_with_all = ALL)]
    l7: bool,
    #[arg(short = '8', hide = true, overrides_with_all = ALL)]
    l8: bool,
    /// Best: -7 to -9 are the same.
    #[arg(short = '9', long = "best", overrides_with_all = ALL)]
    l9: bool,
}

impl LevelArgs {
    /// The level chosen, or the default.
    pub fn level(&self) -> Level {
        let flags = [
            self.l1, self.l2, self.l3, self.l4, self.l5, self.l6, self.l7, self.l8, self.l9,
        ];
        let number = flags.iter().position(|&flags| flags);
        number
            .and_then(|n| Level::new(n as u8 + 1))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        level: LevelArgs,
    }

    #[test]
    fn the_last_level_counts() {
        let level = |args: &[&str]| {
            let line = std::iter::once("boa").chain(args.iter().copied());
            CommandLine::try_parse_from(line)
                .map(|line| line.level.level())
                .ok()
        };
        assert_eq!(level(&[]), Some(Level::default()));
        assert_eq!(level(&["-9", "-2"]), Level::new(2));
        assert_eq!(level(&["-2", "-2", "--best"]), Level::new(9));
        assert_eq!(level(&["--fast"]), Level::new(1));
        assert_eq!(level(&["-0"]), None);
    }
}
