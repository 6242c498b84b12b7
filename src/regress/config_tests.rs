//! What a project's file may say, and what is said of one that is broken.

use proptest::prelude::*;

use super::*;

fn known() -> Known {
    Known {
        tests: vec!["common_fifo::smoke".into(), "common_fifo::random".into()],
        blocks: vec!["common_fifo".into()],
    }
}

fn config(text: &str) -> Result<Config, String> {
    Config::parse(Some(text.to_owned()), &known()).map_err(|error| error.message)
}

#[test]
fn every_embedded_profile_is_complete() {
    let config = Config::parse(None, &known()).unwrap();
    assert_eq!(
        config.names(),
        ["base", "ci", "nightly", "signoff", "smoke"]
    );
    for name in config.names() {
        let profile = config.profile(name).unwrap();
        assert!(
            profile.flavour.is_some() && profile.root_seed.is_some(),
            "{name}"
        );
        assert!(
            profile.max_cycles.is_some() && profile.timeout.is_some(),
            "{name}"
        );
        assert!(profile.scale.is_some() != profile.seeds.is_some(), "{name}");
        assert!(profile.description.is_some(), "{name}");
    }
    assert_eq!(config.slurm().requeue, 3);
}

#[test]
fn the_projects_file_overrides_key_by_key() {
    let text = "[profile.ci]\ntimeout = 7\n[profile.mine]\ninherits = 'nightly'\nseeds = 3\n\
                [[profile.mine.test]]\nid = 'random'\nseeds = 9\n[slurm]\nbatch = 5\n";
    let config = config(text).unwrap();
    let ci = config.profile("ci").unwrap();
    assert_eq!(ci.timeout, Some(Count(7)));
    assert_eq!(ci.scale, Some(Positive(1.0)));
    let mine = config.profile("mine").unwrap();
    assert_eq!((mine.seeds, mine.scale), (Some(Count(3)), None));
    assert_eq!(mine.root_seed, Some(RootSeed::Random));
    assert_eq!(mine.test[0].seeds, Some(Count(9)));
    assert_eq!(config.slurm().batch, Duration::from_secs(5));
    assert_eq!(config.slurm().requeue, 3);
}

#[test]
fn the_more_special_rule_of_a_test_comes_last() {
    let text = "[[profile.ci.test]]\nid = 'fifo'\nseeds = 1\n[[profile.ci.test]]\nid = 'smoke'\nseeds = 2\n\
                [profile.mine]\ninherits = 'ci'\n[[profile.mine.test]]\nid = 'random'\nseeds = 3\n";
    let mine = config(text).unwrap().profile("mine").unwrap();
    let seeds: Vec<u64> = mine.test.iter().map(|rule| rule.seeds.unwrap().0).collect();
    assert_eq!(seeds, [1, 2, 3]);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    for (text, expected) in [
        (
            "[profile.ci]\ntimout = 3\n",
            "gpnpu.toml:2:1: unknown field `timout`, expected one of `inherits`",
        ),
        (
            "[profile.ci]\nseeds = 0\n",
            "gpnpu.toml:2:9: `0` is out of range; a whole number from 1",
        ),
        (
            "[profile.ci]\n  scale = -1.0\n",
            "gpnpu.toml:2:11: `-1` is out of range; a number above 0",
        ),
        (
            "[profile.ci]\ntime = '2 days'\n",
            "gpnpu.toml:2:8: `2 days` is not a time; 90s, 30m or 2h expected",
        ),
        (
            "[profile.ci]\nroot_seed = 'x'\n",
            "gpnpu.toml:2:13: `x` is no root seed; a number from 0",
        ),
        (
            "[profile.ci]\nflavour = 'slow'\n",
            "gpnpu.toml:2:11: unknown variant `slow`, expected one of `fast`",
        ),
        (
            "[profile.ci]\nblocks = ['x', 'y']\n",
            "gpnpu.toml:2:11: block `x` not found (known: common_fifo)",
        ),
        (
            "[[profile.ci.test]]\nid = 'none'\n",
            "gpnpu.toml:2:6: no test contains `none` (known: common_fifo::smoke",
        ),
        (
            "[[seed]]\ntest = 'x'\nseed = 1\nfound = ''\n",
            "gpnpu.toml:2:8: test `x` not found (known: ",
        ),
        (
            "[[seed]]\ntest = 'x'\nseed = 1\n",
            "gpnpu.toml:1:1: missing field `found`",
        ),
        ("[profile.ci\n", "gpnpu.toml:1:12: "),
        ("ä = 1\n", "gpnpu.toml:1:1: "),
        (
            "[slurm]\nqueue = 1\n",
            "gpnpu.toml:2:1: unknown field `queue`, expected one of `options`",
        ),
    ] {
        let message = config(text)
            .err()
            .unwrap_or_else(|| panic!("{text} was taken"));
        assert!(
            message.starts_with(expected),
            "{message}\nis not\n{expected}"
        );
    }
}

#[test]
fn profiles_that_are_not_there_or_inherit_in_a_circle_are_named() {
    let of = |text: &str, name| {
        config(text)
            .unwrap()
            .profile(name)
            .map(drop)
            .map_err(|error| error.message)
    };
    assert_eq!(
        of("", "weekly"),
        Err("profile `weekly` not found (known: base, ci, nightly, signoff, smoke)".into())
    );
    let circle = "[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'a'\n";
    assert_eq!(
        of(circle, "a"),
        Err("gpnpu.toml:4:12: profiles inherit in a circle: a, b, a".into())
    );
    let orphan = "[profile.a]\ninherits = 'b'\n";
    assert!(
        of(orphan, "a")
            .unwrap_err()
            .starts_with("gpnpu.toml:2:12: profile `b` not found")
    );
}

proptest! {
    #[test]
    fn any_text_is_refused_or_taken(text in any::<String>()) {
        let _ = config(&text);
    }

    /// Text that looks like a configuration gets further into it.
    #[test]
    fn any_values_are_refused_or_taken(
        key in prop_oneof![
            Just("seeds"), Just("scale"), Just("time"), Just("root_seed"), Just("timeout"), Just("blocks"), Just("test"),
            Just("inherits"), Just("flavour"), Just("isolate"), Just("bundles"),
        ],
        value in prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()), any::<f64>().prop_map(|n| n.to_string()), any::<String>(),
            "'[0-9]{0,22}[smhé]{0,2}'", Just("['x']".to_owned()), Just("[{id = 'x'}]".to_owned()), Just("'ci'".to_owned()),
        ],
    ) {
        if let Ok(config) = config(&format!("[profile.ci]\n{key} = {value}\n")) {
            let _ = config.profile("ci");
        }
    }
}
