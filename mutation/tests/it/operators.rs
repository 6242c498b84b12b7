//! Each operator: source in, source out.

use gpnpu_mutation::Kind;

use crate::changes;

#[test]
fn arithmetic_operators_are_exchanged() {
    assert_eq!(
        changes("assign y = a + b - 8'd1;", Kind::Arithmetic),
        [
            "assign y = (a) - (b) - 8'd1;",
            "assign y = (a + b) + (8'd1);"
        ]
    );
    assert_eq!(
        changes("assign y = a * b;", Kind::Arithmetic),
        ["assign y = (a) + (b);"]
    );
    assert_eq!(
        changes("assign y = -a;", Kind::Arithmetic),
        ["assign y = (a);"]
    );
}

#[test]
fn logical_and_bitwise_operators_are_exchanged_or_left_out() {
    assert_eq!(
        changes("assign y = a & b;", Kind::Logic),
        ["assign y = (a) | (b);"]
    );
    assert_eq!(
        changes("assign y = a ^ b;", Kind::Logic),
        ["assign y = (a) | (b);"]
    );
    assert_eq!(changes("assign y = ~a;", Kind::Logic), ["assign y = (a);"]);
    assert_eq!(
        changes("assign y = !a;", Kind::Logic),
        ["assign y = !(!(a));"]
    );
    assert_eq!(changes("assign y = |a;", Kind::Logic), ["assign y = &(a);"]);
    assert_eq!(
        changes("assign y = a[0] || b[0];", Kind::Logic),
        ["assign y = (a[0]) && (b[0]);"]
    );
}

#[test]
fn comparisons_are_exchanged() {
    assert_eq!(
        changes("assign y = a == b;", Kind::Relational),
        ["assign y = (a) != (b);"]
    );
    assert_eq!(
        changes("assign y = a < b;", Kind::Relational),
        ["assign y = (a) <= (b);", "assign y = (a) >= (b);"]
    );
}

#[test]
fn shifts_go_the_other_way() {
    assert_eq!(
        changes("assign y = a << b;", Kind::Shift),
        ["assign y = (a) >> (b);"]
    );
    assert_eq!(
        changes("assign y = a >>> b;", Kind::Shift),
        ["assign y = (a) << (b);"]
    );
}

#[test]
fn constants_have_other_values() {
    assert_eq!(
        changes("assign y = a & 8'd3;", Kind::Constant),
        [
            "assign y = a & 8'd4;",
            "assign y = a & 8'd2;",
            "assign y = a & 8'd0;",
            "assign y = a & 8'd255;"
        ]
    );
    assert_eq!(
        changes("assign y = '0;", Kind::Constant),
        ["assign y = '1;"]
    );
}

#[test]
fn parameters_are_one_more_or_less_where_they_are_used_and_enumeration_items_are_not() {
    assert_eq!(
        changes("assign y = a == N - 1;", Kind::Constant),
        [
            "assign y = a == (N - 1) + 1'sb1;",
            "assign y = a == (N - 1) - 1'sb1;"
        ]
    );
    assert!(changes("assign y = a == StBusy;", Kind::Constant).is_empty());
}

#[test]
fn conditions_are_negated_and_stuck() {
    assert_eq!(
        changes(
            "always_comb begin y = a; if (b[0]) y = b; end",
            Kind::Condition
        ),
        [
            "always_comb begin y = a; if (!(b[0])) y = b; end",
            "always_comb begin y = a; if (1'b0) y = b; end",
            "always_comb begin y = a; if (1'b1) y = b; end"
        ]
    );
}

#[test]
fn one_bit_drivers_and_the_sides_of_logical_operators_are_stuck() {
    assert_eq!(
        changes("assign y = a && b;", Kind::Stuck),
        [
            "assign y = 1'b1 && b;",
            "assign y = 1'b0;",
            "assign y = 1'b1;",
            "assign y = a && 1'b1;"
        ]
    );
    assert!(changes("assign y = a;", Kind::Stuck).is_empty());
}

#[test]
fn assignments_do_not_happen_where_the_variable_has_a_value() {
    assert_eq!(
        changes(
            "always_ff @(posedge clk_i) if (b[0]) y <= a;",
            Kind::Assignment
        ),
        ["always_ff @(posedge clk_i) if (b[0])"]
    );
    assert_eq!(
        changes(
            "always_comb begin y = a; if (b[0]) y[3:0] = 4'd1; end",
            Kind::Assignment
        ),
        ["always_comb begin y = a; if (b[0]) end"]
    );
    let latch = "always_comb begin if (b[0]) y = a; else y = b; end";
    assert!(changes(latch, Kind::Assignment).is_empty());
}

#[test]
fn flops_keep_their_values_in_reset() {
    let flop = "always_ff @(posedge clk_i or negedge rst_ni) if (!rst_ni) y <= '0; else y <= a;";
    assert_eq!(
        changes(flop, Kind::Reset),
        ["always_ff @(posedge clk_i or negedge rst_ni) if (!rst_ni) else y <= a;"]
    );
    assert!(changes(flop, Kind::Condition).is_empty());
}

#[test]
fn indices_are_one_too_high_or_too_low() {
    assert_eq!(
        changes("assign y = a[b];", Kind::Index),
        ["assign y = a[(b) + 1'sb1];", "assign y = a[(b) - 1'sb1];"]
    );
    assert_eq!(
        changes("always_ff @(posedge clk_i) y[b +: 2] <= a;", Kind::Index).len(),
        2
    );
    assert!(changes("assign y = a[N-1];", Kind::Index).is_empty());
}

#[test]
fn slices_begin_a_bit_too_early_or_too_late() {
    assert_eq!(
        changes("assign y = a[3:0];", Kind::Slice),
        ["assign y = {a[3:0] << 1};", "assign y = {a[3:0] >> 1};"]
    );
}

#[test]
fn casts_to_a_width_lose_their_highest_bit() {
    assert_eq!(
        changes("assign y = N'(a);", Kind::Width),
        [
            "assign y = N'((a) & $signed({~((a) & 1'sb0)} >> ($bits(a) > N ? $bits(a) - N + 1 : 1)));"
        ]
    );
    assert!(changes("assign y = state_t'(a);", Kind::Width).is_empty());
}

#[test]
fn ternaries_and_cases_swap_their_arms() {
    assert_eq!(
        changes("assign y = b[0] ? a : b;", Kind::Ternary),
        [
            "assign y = !(b[0]) ? a : b;",
            "assign y = 1'b0 ? a : b;",
            "assign y = 1'b1 ? a : b;"
        ]
    );
    let case = "always_comb case (a) 8'd0: y = a; 8'd1: begin y = b; end default: y = '0; endcase";
    assert_eq!(
        changes(case, Kind::Case),
        [
            "always_comb case (a) 8'd0: begin y = b; end 8'd1: y = a; default: y = '0; endcase",
            "always_comb case (a) 8'd0: y = a; 8'd1: y = '0; default: begin y = b; end endcase"
        ]
    );
}
