// A scene of our own: glass, mirrors, a surface of noise, a cut solid, a fractal, soft shadows.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 6 }
camera { location <0, 3.2, -8> look_at <0, 0.9, 0> angle 45 }
light_source { <6, 9, -7> color rgb <1, 0.95, 0.9> area_light <1, 0, 0>, <0, 1, 0>, 4, 4 adaptive 1 }
light_source { <-8, 5, -3> color rgb <0.25, 0.3, 0.4> shadowless }
sky_sphere { pigment { gradient y color_map { [0 rgb <0.7, 0.8, 0.95>] [1 rgb <0.15, 0.3, 0.7>] } } }
plane {
  y, 0
  pigment { checker color rgb <0.9, 0.88, 0.8>, color rgb <0.2, 0.22, 0.25> scale 0.8 }
  finish { reflection 0.12 specular 0.2 }
  normal { bumps 0.15 scale 0.3 }
}
sphere {
  <-1.7, 1, 0.2>, 1
  pigment { color rgbf <0.95, 1, 0.97, 0.9> }
  finish { specular 0.8 roughness 0.002 reflection { 0.05, 0.9 fresnel } conserve_energy }
  interior { ior 1.5 }
}
difference {
  box { <0.2, 0, -0.6>, <1.8, 1.6, 1> }
  union {
    sphere { <1, 0.9, -0.5>, 0.62 }
    cylinder { <1, -1, 0.3>, <1, 2, 0.3>, 0.35 }
    torus { 0.8, 0.15 translate <1, 1.6, 0.2> }
  }
  pigment { marble turbulence 0.7 color_map { [0 rgb <0.5, 0.1, 0.08>] [0.5 rgb <0.9, 0.7, 0.5>] [1 rgb <0.3, 0.05, 0.05>] } scale 0.6 }
  finish { specular 0.4 }
}
isosurface {
  function { x*x + y*y + z*z - 0.8 + 0.35 * sin(5*x) * sin(5*y) * sin(5*z) }
  contained_by { sphere { 0, 1.3 } }
  max_gradient 6
  accuracy 0.001
  translate <3.2, 1, 1.6>
  pigment { granite color_map { [0 rgb <0.1, 0.3, 0.1>] [1 rgb <0.7, 0.9, 0.5>] } scale 0.5 }
  finish { specular 0.3 }
}
blob {
  threshold 0.6
  #local I = 0;
  #while (I < 24)
    sphere { <cos(I*0.7)*1.1, 0.5 + mod(I*0.37, 1.4), sin(I*0.7)*0.6>, 0.75, 0.9 }
    #local I = I + 1;
  #end
  translate <-3.6, 0.1, 2.4>
  pigment { color rgb <0.9, 0.6, 0.1> }
  finish { reflection 0.35 metallic specular 0.6 }
}
julia_fractal {
  <-0.083, 0, -0.83, -0.025>
  quaternion sqr max_iteration 8 precision 40
  scale 0.8 translate <0.4, 0.9, 3.2>
  pigment { color rgb <0.4, 0.5, 0.9> }
  finish { specular 0.5 }
}
