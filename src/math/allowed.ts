/**
 * What an expression may name. Everything in mathjs that parses, compiles, configures, imports, creates units or
 * takes a function is left out: those would let one expression run code, or change what later ones mean.
 */

export const allowedNodes = new Set([
  "AccessorNode",
  "ArrayNode",
  "AssignmentNode",
  "BlockNode",
  "ConditionalNode",
  "ConstantNode",
  "FunctionNode",
  "IndexNode",
  "OperatorNode",
  "ParenthesisNode",
  "RangeNode",
  "RelationalNode",
  "SymbolNode",
]);

/** The fields of what `eigs`, `lup`, `slu` and `qr` return. */
export const allowedFields = new Set(["values", "eigenvectors", "L", "U", "p", "q", "Q", "R"]);

export const allowedFunctions = new Set(
  words(`
    abs add cbrt ceil cube divide dotDivide dotMultiply dotPow exp expm1 fix floor gcd hypot invmod lcm log log10 log1p
    log2 mod multiply norm nthRoot nthRoots pow round sign sqrt square subtract unaryMinus unaryPlus xgcd
    bitAnd bitNot bitOr bitXor leftShift rightArithShift rightLogShift and not or xor
    bellNumbers catalan combinations combinationsWithRep composition factorial gamma lgamma multinomial permutations
    stirlingS2 bernoulli
    arg conj im re complex bignumber boolean fraction matrix number string unit
    distance intersect
    column concat count cross ctranspose det diag diff dot eigs expm fft flatten identity ifft inv kron lsolve lup
    lusolve matrixFromColumns matrixFromRows ones pinv polynomialRoot qr range reshape resize rotate rotationMatrix row
    schur size slu sort sqrtm squeeze subset sylvester lyap trace transpose usolve zeros
    erf kldivergence pickRandom random randomInt zeta
    compare compareNatural compareText deepEqual equal equalText larger largerEq smaller smallerEq unequal
    setCartesian setDifference setDistinct setIntersect setIsSubset setMultiplicity setPowerset setSize
    setSymDifference setUnion
    corr cumsum mad max mean median min mode prod quantileSeq std sum variance
    acos acosh acot acoth acsc acsch asec asech asin asinh atan atan2 atanh cos cosh cot coth csc csch sec sech sin
    sinh tan tanh
    to toBest bin hex oct format typeOf den num
    hasNumericValue isBounded isFinite isInteger isNaN isNegative isNumeric isPositive isPrime isZero
  `),
);

/** What operators are looked up by, and what no expression may call by name: `x[1]` and `a ?? b`. */
export const operatorFunctions = new Set(["index", "nullish"]);

export const allowedConstants = new Set(
  words(`
    true false null Infinity NaN pi PI tau e E phi i LN2 LN10 LOG2E LOG10E SQRT1_2 SQRT2
    atomicMass avogadro bohrMagneton bohrRadius boltzmann classicalElectronRadius conductanceQuantum coulomb
    coulombConstant deuteronMass efimovFactor electricConstant electronMass elementaryCharge faraday fermiCoupling
    fineStructure firstRadiation gasConstant gravitationConstant gravity hartreeEnergy inverseConductanceQuantum
    klitzing loschmidt magneticConstant magneticFluxQuantum molarMass molarMassC12 molarPlanckConstant molarVolume
    neutronMass nuclearMagneton planckCharge planckConstant planckLength planckMass planckTemperature planckTime
    protonMass quantumOfCirculation reducedPlanckConstant rydberg sackurTetrode secondRadiation speedOfLight
    stefanBoltzmann thomsonCrossSection vacuumImpedance weakMixingAngle wienDisplacement
  `),
);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
