//! The format's tables against the formulas that `docs/format.md` gives for them.

use boa_constrictor::kernel::tables::{EXP2_NEG, RSQRT, SOFTPLUS};
use boa_constrictor::kernel::{exp2_negative, sigmoid, silu, softplus};

#[test]
fn tables_follow_their_formulas() {
    for (i, &v) in SOFTPLUS.iter().enumerate() {
        let x = i as f64 / 8.0 - 16.0;
        assert_eq!(
            v,
            (65536.0 * x.exp().ln_1p()).round() as u32,
            "softplus({x})"
        );
    }
    for (i, &v) in EXP2_NEG.iter().enumerate() {
        let exact = (30.0 - i as f64 / 256.0).exp2();
        assert_eq!(v, exact.round() as u32, "2^-{i}/256");
    }
    for (i, &v) in RSQRT.iter().enumerate() {
        let exact = f64::from(1 << 18) / (64.0 + i as f64).sqrt();
        assert_eq!(v, exact.round() as u16, "1/sqrt(64+{i})");
    }
}

#[test]
fn functions_are_close_to_what_they_stand_for() {
    for x in i16::MIN..=i16::MAX {
        let real = f64::from(x) / 1024.0;
        let logistic = 1.0 / (1.0 + (-real).exp());
        let got = f64::from(sigmoid(x)) / 32768.0;
        assert!(
            (got - logistic).abs() < 0.022,
            "sigmoid({real}) = {got}, logistic {logistic}"
        );
        let got = f64::from(silu(x)) / 1024.0;
        assert!((got - real * logistic).abs() < 0.08, "silu({real}) = {got}");
        let got = f64::from(softplus(x)) / 65536.0;
        let exact = if real > 30.0 {
            real
        } else {
            real.exp().ln_1p()
        };
        assert!(
            (got - exact).abs() < 4e-5 + 3e-3 * exact,
            "softplus({real}) = {got}, exactly {exact}"
        );
    }
    for x in (0..40 << 16).step_by(97) {
        let exact = (30.0 - f64::from(x) / 65536.0).exp2();
        let got = f64::from(exp2_negative(x));
        assert!(
            (got - exact).abs() < 2.0 + 2e-6 * exact,
            "2^-{x}/65536 = {got}, exactly {exact}"
        );
    }
}
